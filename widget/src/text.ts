// Renders the assistant's words: text nodes and links only, numbers to tap, the source as a quiet line.

import { html, type TemplateResult } from "lit";
import type { PhoneNumber } from "./conversation";

const NATIONAL = "18006624357";
// What can be tapped: the helpline, long numbers, "call or text 988", "text HOME to 741741", short numbers, addresses.
const LINKS = new RegExp(
  [
    String.raw`(?<help>1-800-662-HELP(?: \(4357\))?)`,
    String.raw`(?<long>\b1-\d{3}-\d{3}-\d{4}\b)`,
    String.raw`\b(?<call>call|llame)(?<or> or | o mande )(?<text>text (?:al )?(?<both>988)|texto al (?<ambos>988))\b`,
    String.raw`\btext (?:(?<word>[A-Z]{3,}) to )?(?<sms>\d{3,6})\b`,
    String.raw`\b(?:(?<palabra>HOLA|AYUDA|START)(?: por texto)?|texto) al (?<texto>\d{3,6})\b`,
    String.raw`\b(?<short>911|988|711)\b`,
    String.raw`(?<url>https:\/\/[^\s<>()"']+[^\s<>()"'.,;:?])`,
  ].join("|"),
  "gi",
);

const smsTo = (to: string, body?: string): string => `sms:${to}${body ? `?&body=${body}` : ""}`;

/** Return `text` with everything in it that can be called, texted or opened as a link. */
export function linked(text: string): unknown[] {
  const parts: unknown[] = [];
  let at = 0;
  for (const match of text.matchAll(LINKS)) {
    const [found] = match;
    const g = match.groups as Record<string, string | undefined>;
    parts.push(text.slice(at, match.index));
    at = match.index + found.length;
    const both = g.both ?? g.ambos;
    if (both) {
      parts.push(link(`tel:${both}`, g.call!, `${g.call} ${both}`), g.or, link(`sms:${both}`, g.text!));
    } else if (g.url) {
      parts.push(html`<a href=${g.url} target="_blank" rel="noopener noreferrer">${g.url}</a>`);
    } else {
      const sms = g.sms ?? g.texto;
      parts.push(
        link(sms ? smsTo(sms, g.word ?? g.palabra) : `tel:${g.help ? NATIONAL : found.replace(/\D/g, "")}`, found),
      );
    }
  }
  return [...parts, text.slice(at)];
}

function link(href: string, shown: string, name?: string): TemplateResult {
  return name ? html`<a href=${href} aria-label=${name}>${shown}</a>` : html`<a href=${href}>${shown}</a>`;
}

/** Return a reply's text and, where its last line is one, its source. */
export function split(text: string): [body: string, source: string] {
  const at = text.search(/\n+Source: [^\n]*$/);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at).trim()];
}

/** A way to reach a hotline: how its number is written on a button, and the link. */
interface Way {
  kind: "call" | "text";
  number: string;
  href: string;
}

export function waysOf({ tel, sms, text = "" }: PhoneNumber): Way[] {
  const ways: Way[] = [];
  const texted = /(?:^|text )((\w+) (?:to|al) \d+)$/.exec(text);
  if (tel) ways.push({ kind: "call", number: text.split(/,? or text |, text /)[0] || tel, href: `tel:${tel}` });
  if (sms) ways.push({ kind: "text", number: texted?.[1] ?? sms, href: smsTo(sms, texted?.[2]) });
  return ways;
}
