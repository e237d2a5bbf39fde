// A tiny copy of the reviewed rules for danger, for when the server can't be reached: plain wording only. It may hear
// too much, as all that it does is to show a card with numbers; the server's rules and score decide otherwise.

import patterns from "./danger.json";

const LANGUAGES = Object.entries(patterns).map(
  ([language, written]) => [language as "en" | "es", new RegExp(written.join("|"))] as const,
);
const LETTERS: Record<string, string> = { 0: "o", 1: "i", 3: "e", $: "s", "@": "a" };

/** Return a message in plain lower-case words, without accents, apostrophes and digits that stand for letters. */
function plain(text: string): string {
  return text
    .toLowerCase()
    .normalize("NFD")
    .replace(/[\u0300-\u036f'\u2018\u2019\u00b4`]/g, "")
    .replace(/\S*[a-z]\S*/g, (word) => word.replace(/[013$@]/g, (sign) => LETTERS[sign]!))
    .replace(/[^a-z0-9]+/g, " ");
}

/** Return the language of the words of danger in `text`, or undefined where there are none. */
export function hearsDanger(text: string): "en" | "es" | undefined {
  const words = plain(text);
  return LANGUAGES.find(([, pattern]) => pattern.test(words))?.[0];
}
