// What screen readers hear: two regions that are always there, so that what is put into them is said.

/** Milliseconds: replies of one turn come within it. */
export const TOGETHER_MS = 150;

export class Announcer {
  #find: (selector: string) => HTMLElement | null;
  #news: string[] = [];
  #timer = 0;

  /** `find` returns the regions `#polite` and `#urgent`. */
  constructor(find: (selector: string) => HTMLElement | null) {
    this.#find = find;
  }

  /**
   * Say something in a language: urgent words at once, and none to take back what was said; others with what comes at
   * the same time; never the history.
   */
  say(text: string, isUrgent: boolean, language: string): void {
    const region = this.#find(isUrgent ? "#urgent" : "#polite");
    if (!region || !(text || isUrgent)) return;
    region.lang = language;
    if (isUrgent) {
      region.textContent = text;
      return;
    }
    this.#news.push(text);
    region.textContent = "";
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      region.textContent = this.#news.join("\n");
      this.#news = [];
    }, TOGETHER_MS);
  }
}
