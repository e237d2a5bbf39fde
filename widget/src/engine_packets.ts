// engine.io's packets as text: one digit and the data. Takes the place of the library's own parser (build.mjs), most of
// which is for binary data, which our channel does not have.

interface Packet {
  type: string;
  data?: string;
}

const TYPES = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
const BETWEEN = "\x1e";

export const protocol = 4;

const encoded = ({ type, data = "" }: Packet): string => TYPES.indexOf(type) + data;

export const encodePacket = (packet: Packet, _: boolean, then: (text: string) => void): void => then(encoded(packet));

export const encodePayload = (packets: Packet[], then: (text: string) => void): void =>
  then(packets.map(encoded).join(BETWEEN));

/** Return a packet; what is none closes the line. */
export const decodePacket = (text: string): Packet => ({ type: TYPES[+text[0]!] ?? "error", data: text.slice(1) });

export const decodePayload = (text: string): Packet[] => text.split(BETWEEN).map(decodePacket);
