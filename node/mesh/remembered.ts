import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { parsePeerAddress } from '../../src/mesh/peer-address.ts';
import { MAX_ADDRESSES_A_PEER, MAX_REMEMBERED_ADDRESSES } from '../../src/protocol/limits.ts';
import { replaceFile } from '../storage/write-file.ts';

/** A peer met before and where it was; the last met comes first. */
export interface RememberedPeer {
  readonly id: string;
  /** HOST:PORT each. */
  readonly addresses: readonly string[];
}

const addressSchema = z
  .string()
  .max(300)
  .refine((text) => !('error' in parsePeerAddress(text)));
const fileSchema = z.object({
  version: z.literal(1),
  peers: z
    .array(
      z.object({
        id: z.string().min(1).max(100),
        addresses: z.array(addressSchema).min(1).max(MAX_ADDRESSES_A_PEER),
      }),
    )
    .max(MAX_REMEMBERED_ADDRESSES),
});

/** Peers remembered between runs, in one small file. */
export class RememberedPeers {
  readonly #path: string | null;
  #peers: readonly RememberedPeer[];
  #writing: Promise<void> = Promise.resolve();

  constructor(path: string | null, peers: readonly RememberedPeer[]) {
    this.#path = path;
    this.#peers = peers;
  }

  get peers(): readonly RememberedPeer[] {
    return this.#peers;
  }

  /** Puts a peer first. Writing happens behind; a full disk costs only the memory. */
  remember(peer: RememberedPeer): void {
    const known = this.#peers[0];
    if (known?.id === peer.id && String(known.addresses) === String(peer.addresses)) return;
    const others = this.#peers.filter((other) => other.id !== peer.id);
    this.#peers = [peer, ...others].slice(0, MAX_REMEMBERED_ADDRESSES);
    this.#writing = this.#writing.then(() => this.#write()).catch(() => undefined);
  }

  /** Resolves when what is remembered is on disk. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    if (this.#path === null) return;
    await replaceFile(this.#path, `${JSON.stringify({ version: 1, peers: this.#peers }, null, 2)}\n`);
  }
}

/** A missing, damaged or foreign file means that nothing is remembered: the peers are found again. */
export async function loadRememberedPeers(path: string | null): Promise<RememberedPeers> {
  if (path === null) return new RememberedPeers(null, []);
  try {
    const parsed = fileSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    return new RememberedPeers(path, parsed.peers);
  } catch {
    return new RememberedPeers(path, []);
  }
}
