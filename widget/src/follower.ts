// The conversation's place: it follows new messages until the person scrolls somewhere else.

/** Pixels from the end within which somebody still reads the newest message. */
const NEAR = 80;

export class Follower {
  /** Whether new messages may move it. */
  follows = true;

  #find: (selector: string) => HTMLElement | null;
  #top = 0;
  /** What was scrolled to last: an element, or "end". */
  #to?: HTMLElement | "end";

  /** `find` returns `.panel`, `.head` and `.log`. */
  constructor(find: (selector: string) => HTMLElement | null) {
    this.#find = find;
  }

  /** What scrolls: the log, or in a low window the whole panel. */
  get #box(): HTMLElement | null {
    const log = this.#find(".log");
    return log && getComputedStyle(log).overflowY === "visible" ? this.#find(".panel") : log;
  }

  /** Take a `scroll`; returns whether the end is in view. */
  scrolled(box: HTMLElement): boolean {
    if (box !== this.#box) return false;
    const { scrollHeight, scrollTop, clientHeight } = box;
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    this.follows = isAtEnd || Math.abs(scrollTop - this.#top) < 2;
    return isAtEnd;
  }

  /** Scroll to an element of the log, or to its end. */
  scroll(to: HTMLElement | "end"): void {
    const [box, log] = [this.#box, this.#find(".log")];
    if (!box || !log) return;
    // In the panel, the head stays above what scrolls.
    const above = box === log ? 0 : log.offsetTop - this.#find(".head")!.offsetHeight;
    box.scrollTop = to === "end" ? box.scrollHeight : above + to.offsetTop - 8;
    this.#top = box.scrollTop;
    this.#to = to;
    this.follows = true;
  }

  /** Stay where it is, as the window has another size now. */
  stay(): void {
    if (this.follows && this.#to) this.scroll(this.#to);
  }
}
