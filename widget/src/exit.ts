// Quick exit by pressing Shift three times, after GOV.UK's "Exit this page" (MIT). Not Escape: it stops the loading of
// a page, moves screen readers between modes, and closes our panel.

const PRESSES = 3;
const WITHIN_MS = 5_000;
/** A key that is held repeats sooner: one that was silent for longer went up where we did not hear it. */
const HELD_MS = 1_000;

export class ShiftExit {
  #count = 0;
  #timer = 0;
  /** Since Shift went down nothing else was touched. */
  #isAlone = false;
  #held = new Set<string>();
  #last = 0;
  #tell: (left: number) => void;

  /** `tell` hears how many presses are left: 2, 1, 0 to leave, 3 after anything else, -1 where the time was up. */
  constructor(tell: (left: number) => void) {
    this.#tell = tell;
  }

  /**
   * Take a key, a press of a pointer or a turn of the wheel. A Shift counts that was pressed and let go alone: quick
   * typists still hold the letter before, or let go of Shift before the capital; others extend a selection by a click.
   */
  take({ type, key, code, repeat, timeStamp, ctrlKey, altKey, metaKey }: KeyboardEvent): void {
    const isDown = type === "keydown";
    if (key !== "Shift") {
      this.#isAlone = false;
      this.#last = timeStamp;
      if (isDown) this.#held.add(code);
      else this.#held.delete(code);
      if (this.#count) this.#stop(PRESSES);
    } else if (isDown) {
      if (timeStamp - this.#last > HELD_MS) this.#held.clear();
      if (!repeat) this.#isAlone = !(this.#held.size || ctrlKey || altKey || metaKey);
    } else if (this.#isAlone) {
      this.#isAlone = false;
      clearTimeout(this.#timer);
      this.#count += 1;
      this.#tell(PRESSES - this.#count);
      if (this.#count < PRESSES) this.#timer = window.setTimeout(() => this.#stop(-1), WITHIN_MS);
      else this.#count = 0;
    }
  }

  #stop(left: number): void {
    clearTimeout(this.#timer);
    this.#count = 0;
    this.#tell(left);
  }
}
