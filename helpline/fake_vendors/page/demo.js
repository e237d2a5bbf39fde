// Sends forms without leaving the page, and brings in what is said on each channel.
const phones = document.getElementById("phones");
const status = document.getElementById("status");
const text = document.getElementById("text");
const PAUSE_MS = 400;
let last = 0;
let sent = 0;
let answered = new Set();

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.getAttribute("action") === "/anew" || form.getAttribute("action") === "/trouble") return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form));
  if (event.submitter?.name) fields.append(event.submitter.name, event.submitter.value);
  sent = performance.now();
  answered = new Set();
  status.textContent = "Sent.";
  if (form.id === "write") text.value = "";
  text.focus();
  try {
    await fetch(form.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
  } catch {
    status.textContent = "The demo has ended.";
  }
});

async function look() {
  const answer = await fetch(`/news?after=${last}`);
  const { since, messages } = await answer.json();
  // Somebody started over in another window.
  if (String(since) !== phones.dataset.since) location.reload();
  for (const message of messages) {
    const talk = document.getElementById(message.channel);
    if (last === 0) for (const old of talk.querySelectorAll(":not(.kept)")) if (old.parentElement === talk) old.remove();
    const made = document.createElement("template");
    made.innerHTML = message.html;
    made.content.firstElementChild.classList.add("kept");
    talk.append(made.content);
    talk.scrollTop = talk.scrollHeight;
    if (message.html.startsWith('<li class="bot"') && sent) answered.add(message.channel);
  }
  if (messages.length) last = messages.at(-1).number;
  if (sent && answered.size) {
    const seconds = ((performance.now() - sent) / 1000).toFixed(1);
    if (messages.length) status.textContent = `Answered on ${answered.size} channels, after ${seconds} seconds.`;
  }
}

for (;;) {
  try {
    await look();
  } catch {
    status.textContent = "The demo does not answer.";
  }
  await new Promise((done) => setTimeout(done, PAUSE_MS));
}
