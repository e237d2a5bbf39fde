// What the pages can do more with JavaScript: shortcuts by single keys, and a warning before the session ends.
"use strict";

const WARN_SECONDS = 120;
const body = document.body;

// An element with data-key="n" is clicked when that key is pressed outside of a field.
if ("shortcuts" in body.dataset) {
  body.dataset.keysWork = "";
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
    if (field || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const wanted = [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === event.key);
    if (!wanted || wanted.disabled) return;
    event.preventDefault();
    // A field is entered, a link or a button is pressed.
    if (wanted.matches("input:not([type=radio], [type=checkbox]), textarea, select")) wanted.focus();
    else wanted.click();
  });
}

// Forms carry their token themselves; this is for what htmx sends without one.
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = body.dataset.csrf ?? "";
});

if (body.dataset.secondsLeft) {
  const place = document.getElementById("session");
  let timer = 0;
  const start = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(warn, Math.max(0, seconds - WARN_SECONDS) * 1000);
  };
  const stay = async () => {
    const answer = await fetch("/account/stay", {
      method: "POST",
      headers: { "X-CSRF-Token": body.dataset.csrf },
    }).catch(() => null);
    if (answer?.status === 204) {
      place.replaceChildren();
      start(Number(answer.headers.get("X-Seconds-Left")));
    } else {
      place.replaceChildren("You are signed out. What you send now waits until you have signed in again.");
    }
  };
  const warn = () => {
    const words = document.createElement("span");
    words.textContent = `You will be signed out in ${WARN_SECONDS / 60} minutes.`;
    const button = document.createElement("button");
    button.textContent = "Stay signed in";
    button.addEventListener("click", stay);
    place.replaceChildren(words, button);
    timer = setTimeout(() => {
      place.replaceChildren("You are signed out. What you send now waits until you have signed in again.");
    }, WARN_SECONDS * 1000);
  };
  start(Number(body.dataset.secondsLeft));
}
