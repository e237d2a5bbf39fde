// socket.io's packets as text. Takes the place of the library's own parser (build.mjs), most of which is for binary
// data and namespaces: our channel has neither.

import { Emitter } from "@socket.io/component-emitter";

interface Packet {
  type: number;
  nsp: string;
  id?: number;
  data?: unknown;
}

export const protocol = 5;
export const PacketType = {
  CONNECT: 0,
  DISCONNECT: 1,
  EVENT: 2,
  ACK: 3,
  CONNECT_ERROR: 4,
  BINARY_EVENT: 5,
  BINARY_ACK: 6,
};

export class Encoder {
  encode({ type, id, data }: Packet): string[] {
    return [`${type}${id ?? ""}${data === undefined ? "" : JSON.stringify(data)}`];
  }
}

export class Decoder extends Emitter<object, object, { decoded: (packet: Packet) => void }> {
  /** Take a packet; what is none makes the library close the line, and connect anew. */
  add(text: string): void {
    const [, type, id, data] = /^([0-4])(\d*)(.*)$/s.exec(text) ?? [];
    if (!type) throw new Error("no packet");
    this.emitReserved("decoded", {
      type: Number(type),
      nsp: "/",
      id: id ? Number(id) : undefined,
      data: data ? JSON.parse(data) : undefined,
    });
  }

  destroy(): void {}
}
