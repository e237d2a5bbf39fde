// The conversation's place: it follows new messages until the person scrolls somewhere else.

/** Pixels from the end within which somebody still reads the newest message. */
const NEAR = 80;

export class Follower {
  /** Whether new messages may move it. */
  follows = true;

  #find: (selector: string) => HTMLElement | null;
  #top = 0;

  /** `find` returns `.panel` and `.log`. */
  constructor(find: (selector: string) => HTMLElement | null) {
    this.#find = find;
  }

  /** Take a `scroll`; returns whether the end is in view. */
  scrolled({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
    const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR;
    this.follows = isAtEnd || Math.abs(scrollTop - this.#top) < 2;
    return isAtEnd;
  }

  /** Scroll to what stands so many pixels from the log's top: the log, or in a low window the whole panel. */
  scroll(top: number): void {
    const [panel, log] = [this.#find(".panel"), this.#find(".log")];
    if (!panel || !log) return;
    const isLow = panel.scrollHeight > panel.clientHeight + 1;
    const box = isLow ? panel : log;
    box.scrollTop = isLow ? log.offsetTop + top : top;
    this.#top = box.scrollTop;
    this.follows = true;
  }

  toEnd(): void {
    this.scroll(Number.MAX_SAFE_INTEGER);
  }
}
