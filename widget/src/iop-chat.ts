// <iop-chat>: launcher, panel and full page of the helpline's chat. docs/web.md explains its options.

import { LitElement, html, nothing, unsafeCSS, type PropertyValues, type TemplateResult } from "lit";
import { Announcer, TOGETHER_MS } from "./announcer";
import { Connection, type Answer } from "./connection";
import { Conversation, isBot, isMine, isNote, newId, now, together, type Bot, type Item, type Note } from "./conversation";
import { hearsDanger } from "./danger";
import { ShiftExit } from "./exit";
import { Follower } from "./follower";
import { download, printAlone, transcript } from "./keep";
import { fill, urgentWords, words } from "./strings";
import styles from "./styles.css";
import { linked } from "./text";
import { languageOf, repliesView, viewOf, type Actions } from "./views";

const MOST_CHARACTERS = 1000;
/** From so many characters left on they are counted. */
const COUNTED = 100;
/** Milliseconds until the server counts as unreachable: at first, after it was there, and where danger was written. */
const FIRST_MS = 6_000;
const LOST_MS = 1_500;
const DANGER_MS = 3_000;
const TYPING_MS = 15_000;
/** How long quick exit waits, behind a blank page, for the server to hear that it shall forget. */
const EXIT_MS = 300;
/** Seconds after which the person is told again that this is a program. */
const REMIND_S = 3 * 60 * 60;
/** Small windows, and large zoom, get the panel over the whole window. */
const FULL = "(max-width: 30rem), (max-height: 30rem)";
/** Where a focused field brings up no keyboard and scrolls nothing out of view. */
const ROOMY = "(pointer: fine) and (min-height: 30rem)";
/** Where a keyboard that comes up may leave so little of the window. */
const SQUEEZED = "(pointer: coarse) and (max-height: 30rem)";
/** Pixels that a keyboard covers at least; a browser's bars are lower. */
const KEYBOARD = 140;

const isCrisis = (bot: Bot): boolean => bot.custom?.kind === "crisis";
/** After danger, or a fit check that ended with numbers to call, no earlier result is handed on. */
const isOvertaking = (item: Item): boolean =>
  isBot(item) && (isCrisis(item) || (item.custom?.kind === "fit_result" && Boolean(item.custom.numbers)));

export class IopChat extends LitElement {
  static styles = unsafeCSS(styles);
  static properties = {
    page: { type: Boolean, reflect: true },
    open: { type: Boolean, reflect: true },
    server: {},
    name: {},
    exitUrl: { attribute: "exit-url" },
    privacyUrl: { attribute: "privacy-url" },
    hours: { type: Number },
    fitCheck: { attribute: "fit-check" },
    handoff: { type: Boolean },
    full: { state: true },
    covered: { state: true },
    unread: { state: true },
    typing: { state: true },
    isLost: { state: true },
    status: { state: true },
    leaving: { state: true },
    ending: { state: true },
    receipt: { state: true },
    left: { state: true },
    isBehind: { state: true },
    printed: { state: true },
  };

  /** The chat fills its place on a page of its own; there is no launcher. */
  declare page: boolean;
  declare open: boolean;
  /** Origin of the helpline's server; without it, where this script came from. */
  declare server: string;
  /** Name in the header. */
  declare name: string;
  declare exitUrl: string;
  declare privacyUrl: string;
  /** Hours that the server keeps a conversation: its `RETENTION_HOURS`. */
  declare hours: number;
  /** "off" where the server has no fit check. */
  declare fitCheck: string;
  /** The server reports danger to staff: its `HANDOFF_WEBHOOK` or `HANDOFF_EMAIL`. */
  declare handoff: boolean;

  private declare full: boolean;
  /** A phone's keyboard is up. */
  private declare covered: boolean;
  private declare unread: number;
  private declare typing: boolean;
  private declare isLost: boolean;
  private declare status: string;
  private declare leaving: string;
  private declare ending: "" | "ask" | "failed" | "busy";
  private declare receipt: string | undefined;
  private declare left: number;
  private declare isBehind: boolean;
  private declare printed: string;

  #chat!: Conversation;
  #line!: Connection;
  #timers: Record<string, number> = {};
  #announcer = new Announcer((selector) => this.#find(selector));
  #follower = new Follower((selector) => this.#find(selector));
  /** Replies that are to be said, drawn into view, and led to. */
  #fresh: Bot[] = [];
  #isNew = false;
  #followsFocus = false;
  /** Messages answered while the panel was closed. */
  #unseen = new Set<string>();
  /** Messages wait for the server's limit. */
  #isHeld = false;
  /** The panel was open once: it is hidden from then on, with what was being typed, not taken away. */
  #wasOpen = false;
  #small = matchMedia(FULL);
  #exit = new ShiftExit((left) => this.#countdown(left));
  #act: Actions = {
    send: (text, shown) => this.#choose(text, shown),
    answer: (event) => this.#answer(event),
    copy: (text) => void this.#copy(text),
    print: (text) => void this.#print(text),
    download,
  };

  constructor() {
    super();
    this.page = this.open = this.typing = this.isLost = this.isBehind = this.covered = this.handoff = false;
    this.server = new URL(import.meta.url).origin;
    this.name = this.privacyUrl = this.fitCheck = this.status = this.leaving = this.ending = this.printed = "";
    this.exitUrl = "https://www.weather.gov/";
    this.hours = 24;
    this.unread = 0;
    this.left = MOST_CHARACTERS;
    this.full = this.#small.matches;
  }

  connectedCallback(): void {
    super.connectedCallback();
    // A landmark, so that its content is found by screen readers; also before the script has run, by the snippet.
    if (!this.hasAttribute("role")) this.setAttribute("role", "region");
    if (!this.hasAttribute("aria-label")) this.setAttribute("aria-label", words.region);
    this.#chat = new Conversation(this.server);
    this.#line = new Connection(this.server, this.#chat, {
      replies: (bots) => this.#receive(bots),
      changed: () => this.#watch(),
      answered: () => this.#tellFresh(),
      typing: (on) => this.#type(on),
      slow: (seconds) => this.#hold(seconds),
      ended: (answer) => void this.#ended(answer),
    });
    const { session, waiting } = this.#chat;
    if (this.page) this.open = true;
    if (this.open || session || waiting.length) this.#connect();
    // Before a reload nobody may have heard of it.
    for (const { mid, message } of waiting) this.#heed(mid, message, DANGER_MS);
    this.#listen("addEventListener");
  }

  disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#listen("removeEventListener");
    this.#line.close();
  }

  /** Open the panel; the focus goes to the message field, or to the heading where the field would hide what is above. */
  async show(): Promise<void> {
    this.open = true;
    this.unread = 0;
    this.#unseen.clear();
    this.#connect();
    await this.updateComplete;
    this.#enterPanel();
    if (this.#chat.items.length) this.#toEnd();
  }

  /** Close the panel; the focus goes back to the launcher. */
  async hide(): Promise<void> {
    if (this.page) return;
    this.open = false;
    this.#size();
    await this.updateComplete;
    this.#find(".launcher")?.focus();
  }

  render(): TemplateResult {
    const isDialog = this.open && !this.page;
    this.#wasOpen ||= this.open;
    return html`<div
      class="root ${this.page ? "page" : ""}"
      lang=${words.lang}
      role=${isDialog ? "dialog" : nothing}
      aria-modal=${isDialog && this.full ? "true" : nothing}
      aria-labelledby=${isDialog ? "title" : nothing}
      @keydown=${this.#key}
    >
      ${this.page ? nothing : this.#dockView()} ${this.#wasOpen ? this.#panelView() : nothing}
      <div class="off" id="polite" aria-live="polite"></div>
      <div class="off" id="urgent" role="alert"></div>
      ${this.printed ? html`<pre class="printed">${this.printed}</pre>` : nothing}
    </div>`;
  }

  #dockView(): TemplateResult {
    const [first, ...rest] = words.launch.split(" ");
    return html`<div class="dock" ?hidden=${this.open}>
      ${this.open ? nothing : this.#crisisLine()}
      <button class="launcher main" aria-expanded=${this.open} @click=${this.show}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 4h16v12H9l-5 4z" /></svg>
        <span>${first} <span class=${this.full ? "off" : ""}>${rest.join(" ")}</span></span>
        ${this.unread ? html`<span class="unread">${fill(words.unread, { n: this.unread })}</span>` : nothing}
      </button>
    </div>`;
  }

  /** The site's own line from the light DOM, which is there without us too; ours where the site has none. */
  #crisisLine(): TemplateResult {
    return html`<p class="line"><slot><span class="lines">${linked(words.crisis)}</span></slot></p>`;
  }

  #panelView(): TemplateResult {
    const name = this.name || words.title;
    return html`<div
      class="panel"
      ?hidden=${!this.open}
      ?data-full=${this.full}
      ?data-covered=${this.covered}
      @scroll=${this.#scrolled}
    >
      <div class="head">
        <button class="exit" @click=${this.#leave} aria-describedby="exit-hint" title=${words.exit_hint}>
          ${words.exit}
        </button>
        ${this.page ? html`<h1 id="title" tabindex="-1">${name}</h1>` : html`<h2 id="title" tabindex="-1">${name}</h2>`}
        ${this.page
          ? nothing
          : html`<button class="close" aria-label=${words.close} title=${words.close} @click=${this.hide}>
              <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 6l12 12M18 6L6 18" /></svg>
            </button>`}
        <p class="off" id="exit-hint">${words.exit_hint}</p>
      </div>
      ${this.leaving ? html`<p class="leaving">${this.leaving}</p>` : nothing}
      ${this.open ? this.#crisisLine() : nothing}
      <div
        class="log"
        role="log"
        aria-live="off"
        aria-label=${words.log}
        tabindex="0"
        @scroll=${this.#scrolled}
      >
        ${this.#noticeView()} ${this.#itemsView()}
        ${this.typing ? html`<p class="typing"><i></i><i></i><i></i><span>${words.typing}</span></p>` : nothing}
      </div>
      ${this.isBehind
        ? html`<button class="newest" @click=${this.#toEnd}>${words.newest}</button>`
        : nothing}
      ${this.status || this.isLost ? html`<p class="status">${this.status || words.offline}</p>` : nothing}
      ${this.receipt === undefined ? this.#composerView() : this.#endedView()}
    </div>`;
  }

  #noticeView(): TemplateResult {
    const { hours, handoff } = this;
    return html`<section class="notice">
      <p id="notice">${fill(words.notice, { watched: handoff ? words.handoff : words.alone })}</p>
      <p>${fill(words.kept, { hours, others: handoff ? "" : words.others })}</p>
      <details>
        <summary>${words.more}</summary>
        <p>${words.more_kept}</p>
        <p>${linked(words.more_person)}</p>
        <slot name="contact"></slot>
        ${this.privacyUrl
          ? html`<p><a href=${this.privacyUrl} target="_blank" rel="noopener">${words.privacy}</a></p>`
          : nothing}
      </details>
    </section>`;
  }

  #itemsView(): unknown {
    const items = together(this.#chat.items);
    if (!items.length && this.receipt === undefined) {
      const starters = Object.entries(words.starters).map(([payload, title]) => ({ title, payload }));
      // The last one begins the fit check.
      if (this.fitCheck === "off") starters.pop();
      return html`<div class="msg bot">
        <p class="bubble">${words.hello}</p>
        ${repliesView(starters, words.lang, ({ payload, title }) => this.#choose(payload, title))}
      </div>`;
    }
    const latest = items.findLastIndex(isMine);
    const danger = items.findLastIndex(isOvertaking);
    const buttons = items.findLastIndex((item) => isBot(item) && item.buttons);
    return items.map((item, at) =>
      viewOf(item, {
        isLatest: at > latest && at === buttons,
        isLast: at === items.length - 1,
        isOvertaken: at < danger,
        isWaiting: isMine(item) && item.state === "waiting" && (this.isLost || this.#isHeld),
        act: this.#act,
      }),
    );
  }

  #composerView(): TemplateResult {
    return html`<form class="composer" @submit=${this.#submit}>
        <label class="off" for="field">${words.field}</label>
        <textarea
          id="field"
          rows="1"
          maxlength=${MOST_CHARACTERS}
          enterkeyhint="send"
          autocomplete="off"
          placeholder=${words.placeholder}
          aria-describedby=${this.#chat.items.length ? nothing : "notice"}
          @keydown=${this.#enter}
          @input=${this.#count}
        ></textarea>
        <button class="main">${words.send}</button>
        ${this.left < COUNTED ? html`<p class="state">${fill(words.left, { n: this.left })}</p>` : nothing}
      </form>
      ${this.ending ? this.#endingView() : this.#toolsView()}`;
  }

  #toolsView(): unknown {
    if (!this.#chat.items.length) return nothing;
    return html`<div class="tools">
      <button @click=${() => download(transcript(this.#chat.items), "conversation.txt")}>${words.save}</button>
      <button id="end" @click=${() => this.#ask("ask")}>${words.end}</button>
    </div>`;
  }

  #endingView(): TemplateResult {
    return html`<div class="ending" role="group" aria-labelledby="end-ask">
      <p id="end-ask">
        ${this.ending === "failed" ? fill(words.end_failed, { hours: this.hours }) : words.end_ask}
      </p>
      <div class="row">
        <button ?disabled=${this.ending === "busy"} @click=${this.#end}>${words.end_yes}</button>
        <button id="keep" @click=${() => this.#ask("")}>${words.end_no}</button>
      </div>
    </div>`;
  }

  #endedView(): TemplateResult {
    return html`<div class="ending">
      <p id="receipt" tabindex="-1">${this.receipt}</p>
      <button class="main" @click=${this.#restart}>${words.restart}</button>
    </div>`;
  }

  protected updated(changed: PropertyValues): void {
    if (changed.has("open") && this.open) this.#size();
    const crisis = this.#fresh.find(isCrisis);
    const shown = this.#isNew && this.#fresh[0] && this.#shown(crisis ?? this.#fresh[0]);
    this.#isNew = false;
    if (!shown) return;
    if (crisis) this.#lead(shown);
    else if (this.#follower.follows) this.#follower.scroll(shown);
  }

  /** Bring a card with numbers into view, wherever the person reads, and without the keyboard unless they type on. */
  #lead(card: HTMLElement): void {
    this.#follower.scroll(card);
    this.isBehind = false;
    const field = this.#find<HTMLTextAreaElement>("textarea");
    if (this.covered && this.#isFocused(field) && !field?.value) card.focus({ preventScroll: true });
  }

  /** The element of a reply. */
  #shown(reply: Bot): HTMLElement | undefined {
    const items = together(this.#chat.items);
    const at = items.findLastIndex((item) => isBot(item) && item.mid === reply.mid && item.id <= reply.id);
    return this.#find(".log")?.querySelectorAll<HTMLElement>(".msg")[at];
  }

  /** Whoever answered by a button is led to the next question, or to the reply; nobody else's focus is moved. */
  #moveFocus(reply: Bot): void {
    if (!this.#isFocused(this.#find(".log"))) return;
    (this.#find(".question input") ?? this.#shown(reply))?.focus({ preventScroll: true });
  }

  #find<Found extends HTMLElement>(selector: string): Found | null {
    return this.shadowRoot?.querySelector<Found>(selector) ?? null;
  }

  #isFocused(element: HTMLElement | null): boolean {
    return element !== null && this.shadowRoot?.activeElement === element;
  }

  #enterPanel(): void {
    this.#find(matchMedia(ROOMY).matches ? "textarea" : "#title")?.focus();
  }

  #after(name: string, ms: number, then: () => void): void {
    clearTimeout(this.#timers[name]);
    this.#timers[name] = window.setTimeout(then, ms);
  }

  #listen(way: "addEventListener" | "removeEventListener"): void {
    for (const type of ["keydown", "keyup", "pointerdown", "wheel"])
      window[way](type, this.#touched as EventListener, { capture: true, passive: true });
    window[way]("online", this.#wake);
    window[way]("offline", this.#sleep);
    window[way]("pageshow", this.#returned as EventListener);
    document[way]("visibilitychange", this.#wake);
    this.#small[way]("change", this.#resized);
    for (const type of ["resize", "scroll"]) window.visualViewport?.[way](type, this.#size);
  }

  #connect(): void {
    this.#line.open();
    this.#watch();
  }

  #wake = (): void => this.#line.wake();
  #sleep = (): void => this.#line.drop();
  #resized = (): boolean => (this.full = this.#small.matches);
  #touched = (event: KeyboardEvent): void => {
    if (this.open || this.#chat.items.length) this.#exit.take(event);
  };

  /** After quick exit the browser may still hold the page before: it must not show the conversation. */
  #returned = (event: PageTransitionEvent): void => {
    if (event.persisted && this.#chat.session && !this.#chat.isKept) void this.#restart();
  };

  /** A phone's keyboard covers the panel: fit it to what is left, unless the person has zoomed in. */
  #size = (): void => {
    const view = this.open ? window.visualViewport : null;
    const isWhole = view && view.scale < 1.01;
    const height = document.scrollingElement?.clientHeight ?? innerHeight;
    const { covered } = this;
    // Some browsers make the window itself lower.
    const isSqueezed = matchMedia(SQUEEZED).matches && this.#isFocused(this.#find("textarea"));
    this.covered = Boolean(isWhole && (height - view.height > KEYBOARD || isSqueezed));
    const fits = isWhole && (this.covered || (this.full && !this.page));
    this.style.setProperty("--iop-view-height", fits ? `${view.height}px` : "");
    this.style.setProperty("--iop-view-top", fits ? `${view.offsetTop}px` : "");
    if (this.covered || covered) void this.updateComplete.then(() => this.#follower.stay());
  };

  /** Draw, and tell once it is sure that the server is away, or back. */
  #watch = (): void => {
    this.requestUpdate();
    if (this.#line.online) {
      clearTimeout(this.#timers.lost);
      this.#timers.lost = 0;
      if (this.isLost) this.#say(words.online);
      this.isLost = false;
      if (this.#isHeld && !this.#chat.waiting.length) {
        this.#isHeld = false;
        this.status = "";
      }
    } else if (!this.isLost && !this.#timers.lost) {
      const ms = !navigator.onLine ? 0 : this.#chat.session ? LOST_MS : FIRST_MS;
      this.#after("lost", ms, () => {
        this.isLost = !this.#line.online;
        if (this.isLost && this.open) this.#say(words.offline);
      });
    }
  };

  #hold(seconds: number): void {
    this.#isHeld = true;
    this.status = fill(words.slow, { n: seconds });
    this.#say(this.status);
  }

  #type(on: boolean): void {
    this.typing = on;
    if (on) this.#after("typing", TYPING_MS, () => (this.typing = false));
  }

  #receive(bots: Bot[]): void {
    this.isBehind = !this.#follower.follows;
    this.#fresh.push(...bots);
    this.#isNew = true;
    if (!this.open) this.unread = bots.reduce((unseen, { mid }) => unseen.add(mid), this.#unseen).size;
    // A turn of our own ends with its acknowledgement, one of another tab with a pause; danger waits for neither.
    const ms = bots.some(isCrisis) ? 0 : this.#line.isBusy ? LOST_MS : TOGETHER_MS;
    this.#after("fresh", ms, () => this.#tellFresh());
    this.#watch();
  }

  /** Say what came, danger at once and the rest when there is a pause, and lead on whoever pressed a button. */
  #tellFresh(): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    if (!fresh.length) return;
    for (const reply of together(fresh).filter(isBot)) this.#say(reply.text ?? "", isCrisis(reply), languageOf(reply));
    if (this.#followsFocus) void this.updateComplete.then(() => this.#moveFocus(fresh[0]!));
    this.#followsFocus = false;
  }

  #say(text: string, isUrgent = false, language = words.lang): void {
    this.#announcer.say(text, isUrgent, language);
  }

  #note(note: Note["note"], language = "", mid = ""): void {
    this.#chat.push({ ts: now(), note, language, mid });
    this.requestUpdate();
  }

  #send(text: string, shown?: string): void {
    const { items } = this.#chat;
    const message = text.trim().slice(0, MOST_CHARACTERS);
    if (!message) return;
    const told = items.filter((item) => isNote(item) && item.note === "still_program").at(-1) ?? items[0];
    if (told && now() - told.ts > REMIND_S) this.#note("still_program");
    const mid = newId();
    this.#chat.push({ mid, message, shown, ts: now(), state: "waiting" });
    this.#line.flush();
    if (!this.#line.online && this.isLost) this.#say(words.waiting);
    this.#heed(mid, message, this.#line.online ? DANGER_MS : 0);
    this.requestUpdate();
    void this.updateComplete.then(() => this.#toEnd());
  }

  /** Where words of danger get no answer in that time, show the static card, whatever the server may say later. */
  #heed(mid: string, message: string, ms: number): void {
    const language = hearsDanger(message);
    if (!language) return;
    this.#after(mid, ms, () => {
      if (this.#chat.items.some((item) => !isMine(item) && item.mid === mid)) return;
      this.#note("danger", language, mid);
      this.#say(urgentWords(language).danger, true, language);
      void this.updateComplete.then(() => this.#lead([...this.shadowRoot!.querySelectorAll<HTMLElement>(".card")].at(-1)!));
    });
  }

  #submit(event: Event): void {
    event.preventDefault();
    const field = this.#find<HTMLTextAreaElement>("textarea")!;
    this.#send(field.value);
    field.value = "";
    this.#count();
    field.focus();
  }

  /** A button was pressed: it goes away with its group, and the focus moves on with the conversation. */
  #choose(text: string, shown?: string): void {
    this.#find(".log")?.focus({ preventScroll: true });
    this.#followsFocus = true;
    this.#send(text, shown);
  }

  #answer(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const chosen = new FormData(form).get("answer");
    const hint = form.querySelector<HTMLElement>("#choose")!;
    hint.hidden = Boolean(chosen);
    if (chosen) return this.#choose(String(chosen));
    this.#say(words.choose);
    form.querySelector("input")?.focus();
  }

  #enter(event: KeyboardEvent): void {
    // An input method confirms a word by Enter too.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    (event.target as HTMLTextAreaElement).form?.requestSubmit();
  }

  #count = (): void => {
    const before = this.left;
    this.left = MOST_CHARACTERS - (this.#find<HTMLTextAreaElement>("textarea")?.value.length ?? 0);
    if (before >= COUNTED && this.left < COUNTED) this.#say(fill(words.left, { n: this.left }));
  };

  #key(event: KeyboardEvent): void {
    if (event.key === "Escape" && this.open && !event.isComposing) return void this.hide();
    if (event.key !== "Tab" || !this.full || this.page) return;
    // Over the whole window the focus must not go behind it.
    const first = this.#find(".exit");
    const last = [...this.shadowRoot!.querySelectorAll<HTMLElement>(".panel button:not([disabled])")].at(-1);
    const at = this.shadowRoot!.activeElement;
    if (at !== (event.shiftKey ? first : last)) return;
    event.preventDefault();
    (event.shiftKey ? last : first)?.focus();
  }

  #scrolled(event: Event): void {
    if (this.#follower.scrolled(event.target as HTMLElement)) this.#catchUp();
  }

  #toEnd = (): void => {
    this.#follower.scroll("end");
    this.#catchUp();
  };

  /** The button that leads to the newest message goes away; a focus on it must not go with it. */
  #catchUp(): void {
    if (this.#isFocused(this.#find(".newest"))) this.#find(".log")?.focus({ preventScroll: true });
    this.isBehind = false;
  }

  #countdown(left: number): void {
    const { exit_2, exit_1, exit_off } = words;
    if (left === 0) return void this.#leave();
    this.leaving = left === 2 ? exit_2 : left === 1 ? exit_1 : "";
    this.#say(left < 0 ? exit_off : this.leaving, true);
  }

  /** Quick exit: a blank page at once, nothing left in the tab, and the page replaced in the history. */
  async #leave(): Promise<void> {
    document.documentElement.style.setProperty("display", "none", "important");
    document.title = "";
    const { session } = this.#chat;
    const forgotten = this.#line.forget(EXIT_MS);
    this.#chat.clear(true);
    // Without the line, the way of the page that works without JavaScript; a beacon outlives this page.
    if (session && !(await forgotten)) {
      const form = new URLSearchParams({ session: session.id, token: session.token, forget: "yes" });
      navigator.sendBeacon(`${this.server}/chat`, form);
    }
    location.replace(this.exitUrl);
  }

  async #ask(step: "" | "ask"): Promise<void> {
    this.ending = step;
    if (step) this.#say(words.end_ask);
    await this.updateComplete;
    this.#find(step ? "#keep" : "#end")?.focus();
  }

  async #end(): Promise<void> {
    this.ending = "busy";
    const answer = await this.#line.forget();
    if (!answer) {
      this.ending = "failed";
      this.#say(fill(words.end_failed, { hours: this.hours }));
      return;
    }
    await this.#ended(answer, true);
  }

  /** Show the receipt in the place of the conversation, which this tab or another one had deleted. */
  async #ended(answer: Answer, isHere = Boolean(this.shadowRoot?.activeElement)): Promise<void> {
    this.#wipe();
    this.ending = this.status = "";
    const at = new Date(answer.at ?? Date.now()).toLocaleString(words.lang);
    this.receipt = fill(words.ended, { receipt: answer.receipt ?? "–", at });
    this.#say(this.receipt);
    await this.updateComplete;
    if (isHere) this.#find("#receipt")?.focus();
  }

  #wipe(): void {
    this.#line.close();
    this.#chat.clear();
    // Also the one that would tell of the closed line.
    Object.values(this.#timers).forEach(clearTimeout);
    this.#timers = {};
    this.#fresh = [];
    this.#unseen.clear();
    this.unread = 0;
  }

  #restart = async (): Promise<void> => {
    this.#wipe();
    this.receipt = undefined;
    if (!this.open) return;
    this.#connect();
    await this.updateComplete;
    this.#enterPanel();
  };

  async #copy(text: string): Promise<void> {
    let said = words.copied;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      said = words.no_copy;
    }
    this.status = said;
    this.#say(said);
    this.#after("status", 5_000, () => (this.status = ""));
  }

  async #print(text: string): Promise<void> {
    this.printed = text;
    await this.updateComplete;
    printAlone();
    this.printed = "";
  }
}

// Where somebody has begun to write in the form that works without us, as the line was slow, they go on with that.
const fields = [...document.querySelectorAll<HTMLTextAreaElement>("iop-chat textarea")];
const isTaken = fields.some((field) => field.value || field === document.activeElement);
if (!isTaken && !customElements.get("iop-chat")) customElements.define("iop-chat", IopChat);
