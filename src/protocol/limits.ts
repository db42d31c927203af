/**
 * Every size, count and time that a message, a stream or a buffer of the swarm may have, each with its reason.
 * Bytes, milliseconds and counts, as the names say.
 */

const KIB = 1024;
const MIB = 1024 * KIB;

// Control messages

/** A message carries at most some seconds of fingerprints; 64 KiB is one socket read and bounds what garbage costs. */
export const MAX_MESSAGE_BYTES = 64 * KIB;
/** 3,072 frames of fingerprints: what a fast decoder makes in a second or two, and 3/4 of a message. */
export const MAX_FINGERPRINT_BYTES = 48 * KIB;
/** Frames whose scores one message carries, nine bytes each: a fraction of a message, and minutes of most films. */
export const MAX_SCORES = 4096;
/** Names are shown in a column of `status`. */
export const MAX_NAME_LENGTH = 64;
/** Job and instance names; ours are shorter, this leaves room for another scheme. */
export const MAX_ID_LENGTH = 64;
/** A reason, or an encoder's last lines: enough to act on, small beside MAX_MESSAGE_BYTES. */
export const MAX_WORDS_LENGTH = 4000;
/** An encoder's full version line. */
export const MAX_VERSION_LENGTH = 200;
/** More slots than any home machine has threads. */
export const MAX_SLOTS = 1024;
/** A peer holds a running and a prefetched lease for each slot. */
export const MAX_LEASES = 2 * MAX_SLOTS;
/**
 * Jobs of one leader that a peer keeps, announced and not ended. A leader announces a job when it begins to scan it, and
 * scans so many ahead at most: one-chunk clips for as many slots. At MAX_MESSAGE_BYTES each it is 16 MiB for a peer.
 */
export const MAX_ANNOUNCED_JOBS = 256;
/** No encoder makes more; two of SVT-AV1's and three of x265's are of use. */
export const MAX_PASSES = 3;
/** More than anybody sets at once; no encoder has many more than this on its list. */
export const MAX_PARAMS = 64;
export const MAX_PARAM_KEY_LENGTH = 40;
export const MAX_PARAM_VALUE_LENGTH = 100;
/** AV1 pictures are at most 65,536 wide, SVT-AV1 stops at 16,384 (level 6.3). */
export const MAX_PICTURE_SIDE = 16_384;
/** One frame a chunk is legal; 2^31 frames are two years at 30 a second. */
export const MAX_FRAMES = 2 ** 31;
/** Numerators and denominators are 32-bit in every container. */
export const MAX_RATIONAL_PART = 2 ** 31 - 1;
/** Chunks and attempts are counted up from zero; both stay far below this. */
export const MAX_COUNT = 2 ** 31;

// Links

/** Sent and not yet confirmed, for each peer: beyond it `send` waits. Confirmed at least every second. */
export const MAX_UNCONFIRMED_BYTES = MIB;
/** Tiny messages cost more than their bytes. */
export const MAX_UNCONFIRMED_MESSAGES = 4096;
/**
 * A peer that sent so many messages while callers wait for it to confirm one of ours does not mean to: answers to them would
 * fill memory. Ours confirm after CONFIRM_AFTER_MESSAGES; what a link resends at once is half of this.
 */
export const MAX_HEARD_UNCONFIRMED = 2 * MAX_UNCONFIRMED_MESSAGES;
/** A receiver confirms at once after this many messages, so that a busy link does not wait for a heartbeat. */
export const CONFIRM_AFTER_MESSAGES = 256;
/** Handed to the muxer and not yet taken by it, on a control stream. */
export const MAX_CONTROL_WRITE_BUFFER_BYTES = 256 * KIB;
/**
 * A peer that sends more messages than this in RATE_WINDOW_MS is not one of ours: what a link resends at once is
 * below a quarter of it, and a hundred encodes make a few hundred a second. Reading them is half a second of CPU.
 */
export const MAX_MESSAGES_IN_WINDOW = 20_000;
export const RATE_WINDOW_MS = 10_000;

// Bulk

/** Largest slice or result: an hour of 100 Mbit/s video. A chunk is seconds long. */
export const MAX_BULK_BYTES = 64 * KIB * MIB;
/** Requests and headers are a few dozen bytes; a refusal carries MAX_WORDS_LENGTH of UTF-8. */
export const MAX_BULK_HEADER_BYTES = 16 * KIB;
/** Measured best for CPU seconds a GB: 64 KiB costs a sixth more, 1 MiB saves nothing and holds four times as much. */
export const BULK_PIECE_BYTES = 256 * KIB;
/** A sender holds at most this and one piece for each stream. */
export const MAX_BULK_WRITE_BUFFER_BYTES = 256 * KIB;
/** A receiver pauses its stream when this much waits for the sink. */
export const MAX_BULK_READ_BUFFER_BYTES = MIB;
/**
 * Yamux's window. Not above STREAM_READ_BUFFER_BYTES: a paused stream whose window is larger than its read buffer
 * is aborted by libp2p. 1 MiB fills a gigabit LAN (RTT below 5 ms) and bounds what a stalled reader can be sent.
 */
export const STREAM_WINDOW_BYTES = MIB;
/** libp2p aborts a stream with more than this unread. Window, plus what is being handed over. */
export const STREAM_READ_BUFFER_BYTES = 4 * MIB;
/** Slices and results of one peer under way at once, with room for streams that are closing. */
export const MAX_BULK_STREAMS = 64;
/** One, and one for a duplicate that is being settled. */
export const MAX_CONTROL_STREAMS = 4;
/**
 * Under a cap, transfers take turns by pieces between these: at the smallest cap of 1 Mbit/s a full set of streams
 * gets one each within 9 s, well below BULK_STALL_MS; more than the largest is sent no cheaper.
 */
export const MIN_CAPPED_PIECE_BYTES = 16 * KIB;
export const MAX_CAPPED_PIECE_BYTES = BULK_PIECE_BYTES;
export const MIN_CAP_BYTES_PER_SECOND = 125_000;
/**
 * Transfers that are fetched at once under a cap. A sender hears of room when half a MAX_BULK_READ_BUFFER_BYTES was
 * taken: with four at the smallest cap every 17 s, below BULK_STALL_MS.
 */
export const CAPPED_TRANSFERS = 4;
/** No byte for this long while one is owed: the other end is stuck, and a lease must not hang on it. */
export const BULK_STALL_MS = 30_000;

// Connections

/** Home labs are below twenty; the heartbeats of a hundred are still nothing. */
export const MAX_PEERS = 128;
/**
 * Connections from outside whose peers have not said hello, all together: a whole swarm that starts at once, maybe behind one
 * address.
 */
export const MAX_STRANGERS = MAX_PEERS;
/** Twice what a peer uses: some may be dead, which shows late when a cable was pulled. */
export const MAX_CONNECTIONS_A_PEER = 8;
/** Control, bulk out, bulk in, and one that is being replaced, of each peer; and strangers, who take none of these places. */
export const MAX_CONNECTIONS = 4 * MAX_PEERS + MAX_STRANGERS;
/** An address answers in this time on a LAN or a VPN, or is tried again. Two SYNs fit in. */
export const DIAL_TIMEOUT_MS = 2500;
/** A connection that has not said hello by then is dropped. */
export const HELLO_TIMEOUT_MS = 5000;
/** Time for a stopping daemon to say goodbye on its connections. */
export const STOP_TIMEOUT_MS = 2000;
/** Remembered addresses: last met first, the rest is forgotten. */
export const MAX_REMEMBERED_ADDRESSES = 64;
/** Addresses kept for one peer; a machine has a few interfaces. */
export const MAX_ADDRESSES_A_PEER = 8;
/** Peers named by the user, each of which is retried for ever. */
export const MAX_NAMED_PEERS = 256;
