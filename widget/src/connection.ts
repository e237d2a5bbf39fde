// The line to the channel: finds or makes the session, sends what waits, and fetches what was missed.

import { Manager, type Socket } from "socket.io-client";
import { Conversation, isMine, now, type Bot, type Mine } from "./conversation";

const PATH = "/webhooks/web/socket.io";
/** Milliseconds: a turn takes up to two seconds, and several may stand in line. */
const ANSWER_MS = 8_000;
const RETRY_MS = 1_500;

export interface Answer {
  ok?: boolean;
  error?: string;
  retry_s?: number;
  last?: number;
  session_id?: string;
  token?: string;
  messages?: Bot[];
  receipt?: string;
  at?: string;
}

/** What the line tells the widget. */
export interface Listener {
  /** Replies that are new here. */
  replies(bots: Bot[]): void;
  /** Something to draw: a state, an echo, a message on its way. */
  changed(): void;
  /** A message is answered in full. */
  answered(): void;
  typing(on: boolean): void;
  /** Too many messages: the next attempt is so many seconds away. */
  slow(seconds: number): void;
  /** The conversation was deleted, by another tab. */
  ended(answer: Answer): void;
}

export class Connection {
  /** Whether messages can be sent now. */
  online = false;

  #socket?: Socket;
  #chat: Conversation;
  #server: string;
  #tell: Listener;
  #flying = new Set<string>();

  constructor(server: string, chat: Conversation, listener: Listener) {
    this.#server = server;
    this.#chat = chat;
    this.#tell = listener;
  }

  /** Whether a message is on its way or being answered. */
  get isBusy(): boolean {
    return this.#flying.size > 0;
  }

  /** Connect, and stay connected until `close`. */
  open(): void {
    if (this.#socket) return;
    const socket = new Manager(this.#server, {
      path: PATH,
      transports: ["websocket", "polling"],
      timeout: ANSWER_MS,
      reconnectionDelay: 500,
      reconnectionDelayMax: 5_000,
    }).socket("/");
    this.#socket = socket;
    socket.on("connect", () => this.#begin());
    // Some networks let no WebSocket through: the next attempt begins with the other transport.
    socket.on("connect_error", () => socket.io.opts.transports?.reverse());
    socket.on("disconnect", (reason) => {
      this.online = false;
      this.#tell.typing(false);
      this.#tell.changed();
      // The library reconnects by itself except when the server hung up.
      if (reason === "io server disconnect") setTimeout(() => this.#socket?.connect(), RETRY_MS);
    });
    socket.on("typing", () => this.#tell.typing(true));
    socket.on("ended", (answer: Answer) => this.#tell.ended(answer));
    socket.on("bot_uttered", (bot: Bot) => this.#receive([bot]));
    socket.on("user_echo", ({ mid, message }: { mid: string; message: string }) => {
      if (this.#chat.items.some((item) => isMine(item) && item.mid === mid)) return;
      this.#chat.push({ mid, message, ts: now(), state: "sent" });
      this.#tell.changed();
    });
  }

  close(): void {
    this.#socket?.disconnect();
    this.#socket = undefined;
    this.online = false;
    this.#flying.clear();
  }

  /** Try at once, as the network is back. */
  wake(): void {
    if (this.#socket && !this.#socket.connected) this.#socket.connect();
  }

  /** Hang up on a line that seems dead, which may take the library most of a minute to see, and try anew. */
  drop(): void {
    this.#socket?.io.engine?.close();
  }

  /** Send every message that waits, in order. */
  flush(): void {
    if (this.online) for (const mine of this.#chat.waiting) if (!this.#flying.has(mine.mid)) void this.#send(mine);
  }

  /** Have the server delete everything; returns its receipt, or nothing where it can't be reached. */
  async forget(ms = ANSWER_MS): Promise<Answer | undefined> {
    const answer = this.online ? await this.#ask("forget", {}, ms) : undefined;
    // A session that is not known is forgotten already, by another tab.
    return answer?.ok || answer?.error === "session" ? answer : undefined;
  }

  async #ask(event: string, content: object, ms: number): Promise<Answer | undefined> {
    try {
      return await this.#socket?.timeout(ms).emitWithAck(event, content);
    } catch {
      return undefined;
    }
  }

  async #begin(): Promise<void> {
    const socket = this.#socket;
    const { session, after } = this.#chat;
    const asked = session ? { session_id: session.id, token: session.token, after } : {};
    const answer = await this.#ask("session_request", asked, ANSWER_MS);
    if (socket !== this.#socket || !socket?.connected) return;
    if (!answer?.session_id || !answer.token) {
      if (answer?.error === "session" && session) return this.#renew();
      if (!answer) return this.drop();
      setTimeout(() => socket === this.#socket && socket.connected && void this.#begin(), (answer.retry_s ?? 2) * 1000);
      return;
    }
    if (session && session.id !== answer.session_id) this.#chat.lose();
    this.#chat.session = { id: answer.session_id, token: answer.token };
    this.online = true;
    const { messages = [] } = answer;
    this.#chat.after = Math.max(this.#chat.after, ...messages.map((bot) => bot.id));
    this.#receive(messages);
    this.#tell.changed();
    this.flush();
  }

  #renew(): Promise<void> {
    this.#chat.lose();
    return this.#begin();
  }

  #receive(bots: Bot[]): void {
    const fresh = this.#chat.add(bots);
    if (!fresh.length) return;
    this.#tell.typing(false);
    this.#tell.replies(fresh);
  }

  async #send(mine: Mine): Promise<void> {
    const { mid, message } = mine;
    this.#flying.add(mid);
    const answer = await this.#ask("user_uttered", { message, mid }, ANSWER_MS);
    this.#flying.delete(mid);
    if (answer?.ok) {
      mine.state = "sent";
      this.#tell.answered();
      if (answer.last && !this.#chat.has(answer.last)) void this.#begin();
      else if (answer.last && !this.#flying.size) this.#chat.after = answer.last;
    } else if (answer?.error === "session") {
      if (this.online) {
        this.online = false;
        void this.#renew();
      }
    } else if (answer?.error === "rate") {
      const seconds = answer.retry_s ?? 10;
      this.#tell.slow(seconds);
      setTimeout(() => this.flush(), seconds * 1000);
    } else if (answer?.error === "invalid" || answer?.error === "too_long") {
      mine.state = "failed";
    } else if (answer) {
      setTimeout(() => this.flush(), RETRY_MS);
    } else if (this.online) {
      this.drop();
    }
    this.#chat.save();
    this.#tell.typing(false);
    this.#tell.changed();
  }
}
