// The plain chat page: posts to the REST channel and shows what comes back. Keeps nothing after the tab is closed.
"use strict";

const log = document.getElementById("log");
const form = document.getElementById("form");
const input = document.getElementById("message");
const sender = sessionStorage.getItem("sender") || newSender();
const trouble =
  "I can't be reached right now. Please try again in a moment. In danger call 911. In a crisis call or text 988. " +
  "For treatment help call 1-800-662-HELP (4357).";

function newSender() {
  const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  sessionStorage.setItem("sender", id);
  return id;
}

function bubble(text, mine) {
  const element = document.createElement("div");
  element.className = mine ? "bubble mine" : "bubble";
  const [answer, source] = text.split("\n\nSource: ");
  element.textContent = answer;
  if (source) {
    const line = document.createElement("div");
    line.className = "source";
    line.textContent = `Source: ${source}`;
    element.append(line);
  }
  log.append(element);
  element.scrollIntoView({ block: "nearest" });
}

function choices(buttons) {
  const row = document.createElement("div");
  row.className = "choices";
  for (const { title, payload } of buttons) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = title;
    button.addEventListener("click", () => send(payload));
    row.append(button);
  }
  log.append(row);
  row.scrollIntoView({ block: "nearest" });
}

// The result of the fit check as text of one's own: to copy, or to keep as a file.
function summary(text) {
  const row = document.createElement("div");
  row.className = "choices summary";
  const copy = document.createElement("button");
  copy.type = "button";
  copy.textContent = "Copy this result";
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Your browser does not allow copying: please select the text";
    }
  });
  const download = document.createElement("a");
  download.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  download.download = "fit-check.txt";
  download.textContent = "Download it";
  row.append(copy, download);
  log.append(row);
}

async function send(text) {
  bubble(text, true);
  let replies;
  try {
    const answer = await fetch("/webhooks/rest/webhook", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ sender, message: text }),
    });
    replies = await answer.json();
    if (!answer.ok) throw new Error(replies.error);
  } catch {
    replies = [{ text: trouble }];
  }
  let last = "";
  for (const reply of replies) {
    if (reply.text) bubble((last = reply.text), false);
    const kind = reply.custom && reply.custom.kind;
    if (kind === "fit_result" && !reply.custom.numbers) summary(last);
    // After danger no earlier result is handed on.
    if (kind === "crisis") document.querySelectorAll(".summary").forEach((row) => row.remove());
    if (reply.buttons) choices(reply.buttons);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = input.value.trim();
  input.value = "";
  if (text) send(text);
});

input.focus();
