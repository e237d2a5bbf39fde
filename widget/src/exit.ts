// Quick exit by pressing Shift three times, after GOV.UK's "Exit this page" (MIT). Not Escape: it stops the loading of
// a page, moves screen readers between modes, and closes our panel.

const PRESSES = 3;
const WITHIN_MS = 5_000;

export class ShiftExit {
  #count = 0;
  #timer = 0;
  #wasModified = false;
  #tell: (left: number) => void;

  /** `tell` hears how many presses are left: 2, 1, 0 to leave, 3 after another key, -1 where the time was up. */
  constructor(tell: (left: number) => void) {
    this.#tell = tell;
  }

  /** Take a `keyup`; a Shift that helped to type a capital does not count. */
  press(event: KeyboardEvent): void {
    if (event.key === "Shift" && !this.#wasModified) {
      clearTimeout(this.#timer);
      this.#count += 1;
      this.#tell(PRESSES - this.#count);
      if (this.#count < PRESSES) this.#timer = window.setTimeout(() => this.#stop(-1), WITHIN_MS);
      else this.#count = 0;
    } else if (this.#count) {
      this.#stop(PRESSES);
    }
    this.#wasModified = event.shiftKey;
  }

  #stop(left: number): void {
    clearTimeout(this.#timer);
    this.#count = 0;
    this.#tell(left);
  }
}
