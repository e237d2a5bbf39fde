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
  const after = (seconds, what) => {
    clearTimeout(timer);
    timer = setTimeout(what, Math.max(0, seconds) * 1000);
  };
  const ask = async (method) => {
    const answer = await fetch("/account/session", {
      method,
      redirect: "manual",
      headers: { "X-CSRF-Token": body.dataset.csrf },
    }).catch(() => null);
    return answer?.ok ? (await answer.json()).seconds : 0;
  };
  const over = () => place.replaceChildren("You are signed out. What you send now waits until you have signed in again.");
  const look = async (method) => {
    const seconds = await ask(method);
    if (seconds > WARN_SECONDS) {
      place.replaceChildren();
      after(seconds - WARN_SECONDS, () => look("GET"));
    } else if (seconds > 0) {
      warn();
      after(seconds, over);
    } else {
      over();
    }
  };
  const warn = () => {
    const words = document.createElement("span");
    words.textContent = "You will be signed out in less than two minutes.";
    const button = document.createElement("button");
    button.textContent = "Stay signed in";
    button.addEventListener("click", () => look("POST"));
    place.replaceChildren(words, button);
  };
  after(Number(body.dataset.secondsLeft) - WARN_SECONDS, () => look("GET"));
}
