// The widget's own words. Each language has a file of its own, in strings/, and a built script of its own, so that
// nobody loads what they don't read; what is said in danger comes along in both languages.

import words from "words";
import * as english from "../strings/en.json";
import * as spanish from "../strings/es.json";

type Words = typeof words;

const URGENT = {
  en: {
    call: english.call,
    crisis_title: english.crisis_title,
    danger: english.danger,
    danger_title: english.danger_title,
    text: english.text,
  },
  es: {
    call: spanish.call,
    crisis_title: spanish.crisis_title,
    danger: spanish.danger,
    danger_title: spanish.danger_title,
    text: spanish.text,
  },
};

export { words };

/** Return the words with what is said in danger in the language that danger was told in. */
export const urgentWords = (language?: string): Words =>
  language === "en" || language === "es" ? { ...words, ...URGENT[language] } : words;

/** Put values in the place of `{name}`. */
export const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
