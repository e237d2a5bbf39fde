// What a person may keep: the conversation or a result as a file, or on paper.

import { isMine, isNote, together, type Item } from "./conversation";
import { urgentWords, words } from "./strings";

/** Return the conversation as plain text, with the numbers. */
export function transcript(items: Item[]): string {
  const lines = together(items).map((item) => {
    const at = new Date(item.ts * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const said = isMine(item) ? (item.shown ?? item.message) : isNote(item) ? urgentWords(item.language)[item.note] : item.text;
    return `[${at}] ${isMine(item) ? words.you : words.bot}: ${said}`;
  });
  return [words.saved_head, words.crisis, ...lines].join("\n\n");
}

/** Hand out `text` as a file. */
export function download(text: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** Print the page without all that is beside the chat. */
export function printAlone(): void {
  const alone = new CSSStyleSheet();
  alone.replaceSync("@media print { body *:not(iop-chat, :has(iop-chat)) { display: none !important } }");
  document.adoptedStyleSheets.push(alone);
  window.print();
  document.adoptedStyleSheets = document.adoptedStyleSheets.filter((sheet) => sheet !== alone);
}
