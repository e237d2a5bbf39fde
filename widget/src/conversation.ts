// What was said, and the session it belongs to; kept in sessionStorage, so that it is gone with the tab.

export interface Button {
  title: string;
  payload: string;
}

export interface PhoneNumber {
  label: string;
  tel?: string;
  sms?: string;
  text?: string;
}

/** The machine's side of a reply: `custom` of the reply contract. */
export interface Custom {
  kind: string;
  id?: string;
  reason?: string;
  numbers?: PhoneNumber[];
  language?: string;
}

/** A reply as the channel sends it. `id` rises within a session; 0 stands for one of an earlier session. */
export interface Bot {
  id: number;
  ts: number;
  mid: string;
  text?: string;
  buttons?: Button[];
  custom?: Custom;
}

/** A message of the person, by this tab or another one. */
export interface Mine {
  mid: string;
  ts: number;
  message: string;
  /** What is shown in its place: a button in another language than the one that the assistant takes. */
  shown?: string;
  state: "waiting" | "sent" | "failed";
}

/** Words of the widget itself, by the name of their string; `danger` is the static card, for the message `mid`. */
export interface Note {
  mid?: string;
  ts: number;
  note: "danger" | "fresh" | "still_program";
  language: string;
}

export type Item = Bot | Mine | Note;

export const isMine = (item: Item): item is Mine => "state" in item;
export const isNote = (item: Item): item is Note => "note" in item;
export const isBot = (item: Item): item is Bot => !isMine(item) && !isNote(item);

/**
 * Return the items as they are shown. Rasa sends a reply in parts: each paragraph, its buttons, and last the `custom`
 * that says what it is; the parts become one reply again.
 */
export function together(items: Item[]): Item[] {
  const shown: Item[] = [];
  for (const item of items) {
    const before = shown.at(-1);
    if (isBot(item) && before && isBot(before) && before.mid === item.mid && !before.custom) {
      const text = [before.text, item.text].filter(Boolean).join("\n\n");
      shown[shown.length - 1] = { ...before, text, buttons: item.buttons ?? before.buttons, custom: item.custom };
    } else {
      shown.push(item);
    }
  }
  return shown;
}

export const now = (): number => Date.now() / 1000;
/** Return an id that nobody guesses; `randomUUID` exists on https pages only. */
export const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export class Conversation {
  items: Item[] = [];
  session?: { id: string; token: string };
  /** Up to this reply's id nothing is missing. */
  after = 0;

  #key: string;
  #isWiped = false;

  constructor(server: string) {
    this.#key = `iop-chat ${server}`;
    try {
      Object.assign(this, JSON.parse(sessionStorage.getItem(this.#key) ?? "{}"));
    } catch {
      // A browser that forbids storage: the conversation lasts as long as the page.
    }
  }

  get waiting(): Mine[] {
    return this.items.filter(isMine).filter((mine) => mine.state === "waiting");
  }

  /** Whether the browser still keeps it: not after quick exit, when the page comes back from the browser's cache. */
  get isKept(): boolean {
    try {
      return sessionStorage.getItem(this.#key) !== null;
    } catch {
      return true;
    }
  }

  has(id: number): boolean {
    return this.items.some((item) => isBot(item) && item.id === id);
  }

  /** Add replies that are not there yet, in the order of their ids, and return those. */
  add(bots: Bot[]): Bot[] {
    const fresh = bots.filter((bot, at) => !this.has(bot.id) && bots.findIndex((other) => other.id === bot.id) === at);
    for (const bot of fresh) {
      const behind = this.items.findIndex((item) => isBot(item) && item.id > bot.id);
      this.items.splice(behind < 0 ? this.items.length : behind, 0, bot);
    }
    this.save();
    return fresh;
  }

  push(item: Item): void {
    this.items.push(item);
    this.save();
  }

  /** The server does not know the session any more: what was said, if anything, stays to be read above a note of it. */
  lose(): void {
    const { items } = this;
    this.session = undefined;
    this.after = 0;
    for (const item of items) if (isBot(item)) item.id = 0;
    // What waits is sent in the new session.
    const end = items.findLastIndex((item) => (isMine(item) ? item.state === "sent" : isBot(item))) + 1;
    const next = items[end];
    if (end && !(next && isNote(next))) items.splice(end, 0, { ts: now(), note: "fresh", language: "" });
    this.save();
  }

  save(): void {
    const { items, session, after } = this;
    if (this.#isWiped) return;
    try {
      sessionStorage.setItem(this.#key, JSON.stringify({ items, session, after }));
    } catch {
      // As above, or full.
    }
  }

  /** Forget everything; `forGood` where the page is being left, so that nothing is stored any more. */
  clear(forGood = false): void {
    this.#isWiped = forGood;
    this.items = [];
    this.session = undefined;
    this.after = 0;
    try {
      sessionStorage.removeItem(this.#key);
    } catch {
      // As above.
    }
  }
}
