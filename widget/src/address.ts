// Addresses taken apart and put together as engine.io-client wants it. Takes the place of the library's own code for
// browsers without URL (build.mjs).

/** Return the parts of an address; that of IPv6 is written without its brackets. */
export function parse(address: string): { protocol: string; host: string; port: string } {
  const { protocol, hostname, port } = new URL(address, location.href);
  return { protocol: protocol.slice(0, -1), host: hostname.replace(/[[\]]/g, ""), port };
}

export const encode = (query: Record<string, string>): string => String(new URLSearchParams(query));

export const decode = (query: string): Record<string, string> => Object.fromEntries(new URLSearchParams(query));
