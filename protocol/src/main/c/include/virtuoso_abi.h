/*
 * Virtuoso shared-memory ABI: the truth of what host stack and guests share.
 *
 * One region per attachment (a sealed memfd; in a virtual machine a slice of its ivshmem BAR):
 *
 *   0                 vt_region_header, one page
 *   context_offset    context_count contexts, context_stride apart:
 *                       vt_context (1 KiB) | command queue | event queue
 *   slot_offset       slot_count socket slots of 256 bytes
 *   pool_offset       payload pool: byte rings, placed by the host stack
 *
 * Rules that hold everywhere:
 *  - every word has one writer (guest or host); lines of 64 bytes are not shared between writers;
 *  - all words are naturally aligned and little-endian; addresses are 16 bytes in network order,
 *    IPv4 as ::ffff:a.b.c.d; ports are plain integers in host order;
 *  - cursors are 64-bit, count bytes since the slot's use began, and never go back;
 *  - words marked (R) are stored with release and loaded with acquire order; where "fence" is
 *    written a full (store-load) barrier stands between a store and the load that follows;
 *  - the host stack reads every guest-written word once, checks it, and then uses its copy.
 *
 * C11 and Java (release 17) both derive from this file; a probe compares them in every build.
 */
#ifndef VIRTUOSO_ABI_H
#define VIRTUOSO_ABI_H

#include <stddef.h>
#include <stdint.h>

#define VT_ABI_MAGIC UINT64_C(0x4f534f5554524956) /* "VIRTUOSO" in memory */
#define VT_ABI_MAJOR 2u                           /* another major: attachment refused */
#define VT_ABI_MINOR 7u                           /* grows with compatible additions */

#define VT_CACHE_LINE 64u
#define VT_ENTRY_BYTES 64u
#define VT_SLOT_BYTES 256u
#define VT_CONTEXT_HEADER_BYTES 1024u
#define VT_HEADER_BYTES 4096u
#define VT_NAME_BYTES 64u
#define VT_NEVER UINT64_MAX /* a "want" cursor that asks for nothing */

/* ---- region header ------------------------------------------------------------------------ */

enum vt_region_ready { VT_REGION_READY = 0x52454459 }; /* header.ready, stored last */
enum vt_region_state { VT_REGION_OPEN = 1, VT_REGION_ENDED = 2 };

struct vt_region_header {
  uint64_t magic;
  uint16_t abi_major;
  uint16_t abi_minor;
  uint32_t header_bytes;
  uint64_t features; /* bits both sides understand; none defined in 1.0 */
  uint64_t epoch;    /* identifies this run of the host stack */
  uint64_t region_bytes;
  uint32_t context_offset;
  uint32_t context_stride;
  uint32_t context_count;
  uint32_t queue_entries; /* of each command and each event queue; a power of two */
  uint32_t slot_offset;
  uint32_t slot_count;
  uint32_t guest_slot_count; /* slots [0, this) are given out by the guest, the rest by the host */
  uint32_t pool_offset;
  uint32_t pool_bytes;
  uint32_t max_send_bytes;    /* largest transmit ring this guest may get */
  uint32_t max_receive_bytes; /* largest receive ring */
  uint32_t mtu;
  uint8_t address[16]; /* the guest's own address */
  uint8_t gateway[16];
  uint32_t prefix_length; /* of the guest's IPv4 subnet, 0-32 */
  uint32_t congestion; /* enum vt_congestion: of new connections, unless set; 0 before 1.1 */
  char guest_name[VT_NAME_BYTES]; /* NUL-terminated */
  /* line 3: written by the host during the attachment's life */
  uint32_t state; /* (R) enum vt_region_state */
  uint32_t end_reason;
  uint32_t ready; /* (R) VT_REGION_READY once all else is valid */
  uint32_t prefix_length6; /* of the guest's IPv6 subnet, 64-96; 0: it has none; since 2.2 */
  uint8_t address6[16];    /* the guest's IPv6 address; since 2.2 */
  uint32_t route_count;    /* struct vt_route at VT_ROUTE_OFFSET, at most VT_MAX_ROUTES; since 2.3 */
  uint32_t route_version;  /* (R) odd while the host changes the routes; since 2.4 */
  uint8_t pad1[24];
};

/*
 * Since 2.3: where destinations belong that lie beyond the guest's subnets and are no loopback,
 * broadcast or multicast addresses. The longest prefix decides; without any, connections of IPv4
 * are the host stack's and all else is the kernel's. Since 2.4 they may change: what was read holds if
 * route_version was even before, and is the same after.
 */
struct vt_route {
  uint8_t address[16];    /* bits behind the prefix are zero */
  uint32_t prefix_length; /* 0-128: of the 16 bytes, so that of IPv4 plus 96 */
  uint32_t target;        /* enum vt_route_target */
};
#define VT_ROUTE_OFFSET 256u /* from the region's start, in the header's page */
#define VT_MAX_ROUTES 64u

enum vt_route_target {
  VT_ROUTE_STACK = 1, /* the host stack's */
  VT_ROUTE_NONE = 2   /* nobody's: ENETUNREACH */
};

/* ---- contexts and their queues ------------------------------------------------------------ */

enum vt_context_state { VT_CONTEXT_FREE = 0, VT_CONTEXT_OPEN = 1 };

/*
 * Queue entry of 64 bytes. stamp = (position + 1) << 8 | type, stored last (R); position counts
 * entries since the context opened. The consumer at position p takes the entry in place
 * p % queue_entries once its stamp carries p + 1, and publishes its head once per batch.
 * The producer has room while position - head < queue_entries.
 */
struct vt_entry {
  uint64_t stamp;      /* (R) */
  uint32_t slot;       /* slot index */
  uint32_t generation; /* of that slot */
  uint64_t request;    /* commands that are answered: copied into the reply */
  uint64_t arg[5];
};

struct vt_context {
  /* line 0: host */
  uint32_t host_sleeping; /* (R) 0 polling; else a number that differs for each sleep: ring the
                             host's doorbell after posting (fence first). Once for a number is
                             enough if command_head, read after it, was behind that command. */
  uint32_t event_backlog; /* (R) nonzero: events wait for room; drain, fence, then ring */
  uint8_t pad0[56];
  /* line 1: host */
  uint64_t command_head; /* (R) commands consumed */
  uint8_t pad1[56];
  /* line 2: guest */
  uint32_t guest_sleeping; /* (R) 0 awake; else a number that differs for each sleep */
  uint32_t state;          /* (R) enum vt_context_state */
  uint8_t pad2[56];
  /* line 3: guest */
  uint64_t event_head; /* (R) events consumed */
  uint8_t pad3[56];
  /* host: what VT_CMD_INFO asked for, valid until the next VT_CMD_INFO of this context */
  uint8_t info[VT_CONTEXT_HEADER_BYTES - 256];
};

enum vt_command {
  VT_CMD_BIND = 1,     /* arg0,1 address (::ffff:0.0.0.0: any of IPv4, since 2.2 ::: any of both),
                          arg2 port (0: any), arg3 VT_BIND_*; reply: arg0 port */
  VT_CMD_LISTEN = 2,   /* arg0 backlog, arg1 VT_BIND_*; binds to any port if not bound; reply */
  VT_CMD_CONNECT = 3,  /* arg0,1 address, arg2 port, arg3 VT_OPT_MAXSEG for the SYN, or 0; since
                          2.2 also VT_OPT_TOS << 32 and VT_OPT_TTL << 40 (since 2.4, if the address
                          is IPv6's: VT_OPT_TRAFFIC_CLASS and VT_OPT_HOP_LIMIT), and arg4
                          VT_OPT_CONGESTION likewise; outcome in slot.state and slot.error */
  VT_CMD_SHUTDOWN = 4, /* arg0 VT_SHUT_* bits */
  VT_CMD_CLOSE = 5,    /* arg0 VT_CLOSE_*; afterwards the guest touches the slot no more */
  VT_CMD_TX = 6,       /* slot.tx_tail moved; arg0: ring bytes the guest would like, or 0 */
  VT_CMD_RX_ROOM = 7,  /* slot.rx_head reached slot.rx_want */
  VT_CMD_OPTION = 8,   /* arg0 enum vt_option, arg1 value */
  VT_CMD_INFO = 9,     /* reply: arg0 bytes written to context.info (struct vt_socket_info) */
  VT_CMD_ARM = 10,     /* listener: this attachment accepts (connections may be pushed to it);
                          arg0 VT_ARM_* */
  VT_CMD_DISARM = 11,  /* listener: this attachment accepts no more */
  VT_CMD_DATAGRAM = 12, /* since 2.1: the slot is a UDP socket; arg0,1 address (since 2.3 also of
                           IPv6, ::: any of both), arg2 port (0: any), arg3 VT_BIND_*; reply: arg0
                           port */
  VT_CMD_DATAGRAM_CONNECT = 13, /* since 2.1: arg0,1 address (any: dissolve; since 2.3 also of
                                   IPv6), arg2 port, arg3 VT_DATAGRAM_PROBE or 0; reply */
  VT_CMD_DATAGRAM_ERROR = 14, /* since 2.1: oldest ICMP error kept; reply: arg0 bytes written to
                                   context.info (struct vt_datagram_error), EAGAIN if there is none */
  VT_CMD_ACCEPT = 15   /* listener with VT_STATE_ACCEPTABLE: take a connection; reply: arg0 struct
                          vt_accepted, or EAGAIN */
};
#define VT_ARM_ONCE 1u /* a thread waits now; while others share the listener: for one connection */
#define VT_BIND_REUSEADDR 1u
#define VT_BIND_REUSEPORT 2u
#define VT_BIND_V6ONLY 4u /* of ::: any of IPv6 only; since 2.2, of UDP sockets since 2.3 */
#define VT_SHUT_READ 1u
#define VT_SHUT_WRITE 2u
#define VT_CLOSE_GRACEFUL 0u
#define VT_CLOSE_ABORT 1u /* RST, unsent data discarded */
#define VT_CLOSE_MOVED 2u /* nothing but the slot, if it has VT_STATE_MOVED; since 2.7 */

enum vt_option {
  VT_OPT_NODELAY = 1,
  VT_OPT_CORK = 2,
  VT_OPT_KEEPALIVE = 3,      /* 0 or 1 */
  VT_OPT_KEEPIDLE = 4,       /* seconds */
  VT_OPT_KEEPINTVL = 5,      /* seconds */
  VT_OPT_KEEPCNT = 6,        /* probes */
  VT_OPT_USER_TIMEOUT = 7,   /* milliseconds, 0: default */
  VT_OPT_QUICKACK = 8,       /* 0 or 1 */
  VT_OPT_MAXSEG = 9,         /* bytes */
  VT_OPT_SEND_BUFFER = 10,   /* bytes; limits the transmit ring */
  VT_OPT_RECEIVE_BUFFER = 11,
  VT_OPT_DEFER_ACCEPT = 12, /* seconds */
  VT_OPT_CONGESTION = 13,   /* enum vt_congestion; since 1.1 */
  VT_OPT_RECEIVE_ERRORS = 14, /* datagrams: 0 or 1, keep ICMP errors; since 2.1 */
  VT_OPT_TOS = 15, /* of IPv4: DSCP in the place it has in the IP header, 0 to 252; since 2.2 */
  VT_OPT_TTL = 16, /* of IPv4: 1 to 255, 0: default; since 2.2 */
  VT_OPT_MAX_PACING_RATE = 17, /* bytes per second, 0: no limit; since 2.3 */
  VT_OPT_TRAFFIC_CLASS = 18,   /* of IPv6, as VT_OPT_TOS; since 2.4 */
  VT_OPT_HOP_LIMIT = 19,       /* of IPv6, as VT_OPT_TTL; since 2.4 */
  VT_OPT_NOTSENT_LOWAT = 20    /* bytes that may wait to be sent, 0: no limit; since 2.4 */
};

enum vt_congestion {
  VT_CONGESTION_RENO = 1,
  VT_CONGESTION_CUBIC = 2,
  VT_CONGESTION_DCTCP = 3, /* since 2.2 */
  VT_CONGESTION_BBR = 4    /* since 2.3 */
};

enum vt_event {
  VT_EVT_READY = 1,   /* look at the slot; arg0: VT_READY_* that changed */
  VT_EVT_REPLY = 2,   /* request: the command's; arg0,1: values; arg4: errno, 0 if done */
  VT_EVT_RELEASED = 3, /* the host is done with a closed slot of the guest's: it may be used again */
  VT_EVT_RING = 4      /* since 2.2: adopt the transmit ring on offer now, if yours is empty, then
                          VT_CMD_TX: the host would have the old one back */
};
#define VT_READY_READ 1u
#define VT_READY_WRITE 2u
#define VT_READY_STATE 4u

/* ---- socket slots ------------------------------------------------------------------------- */

/*
 * Byte rings. The byte with cursor c lies at ring_offset + ((c - base) & (ring_bytes - 1)).
 * When the producer finds its ring empty it may set base = tail, so that small messages always
 * use the first lines of the ring. The host offers a larger (or other) transmit ring by storing
 * tx_ring_*, then tx_offer (one open offer at a time: these words then belong together); the guest
 * adopts it, only while the ring is empty, by base = tail and tx_generation = tx_offer. The receive
 * ring may be replaced at any time: the host stores rx_generation 0, fence, moves the bytes (which
 * keep their cursors), stores rx_ring_* and rx_base, then the next rx_generation. The guest looks
 * at rx_generation before and after it copies, and copies again if it changed.
 *
 * Notices are coalesced by cursors, at most one outstanding per direction:
 *  - guest wrote [old, new): store tx_tail = new, fence; if tx_seen >= old post VT_CMD_TX.
 *    The host, on VT_CMD_TX: store tx_seen = tail seen, fence, look at tx_tail again; if it moved,
 *    all of that once more.
 *  - host delivered [old, new): store rx_tail = new, fence; if rx_seen >= old post READY/READ.
 *    The guest, on the event: store rx_seen = tail seen, fence, look at rx_tail again; if it moved,
 *    all of that once more. Else what comes next would be announced to nobody.
 *  - guest made room: store rx_head, fence; if rx_want <= rx_head (and this value of rx_want was
 *    not yet answered) post VT_CMD_RX_ROOM.
 *  - host made room: store tx_head, fence; if tx_want <= tx_head (and not yet answered) post
 *    READY/WRITE. Adoption of a ring offer counts as room: READY/WRITE is also posted for it.
 *
 * A listener's receive stream consists of struct vt_accepted records: it is readable while
 * connections wait, and accepting is reading one record. As soon as several processes hold the
 * listener, connections stay with the host; VT_STATE_ACCEPTABLE shows them, VT_CMD_ACCEPT takes one.
 * state changes are stored after the
 * cursors they follow: read state first (acquire), then rx_tail.
 */
struct vt_slot {
  /* line 0: guest (of slots given out by the host: zeroed by the host before use) */
  uint64_t tx_tail;       /* (R) bytes written */
  uint64_t rx_head;       /* (R) bytes consumed */
  uint64_t rx_seen;       /* (R) rx_tail as last looked at */
  uint64_t tx_want;       /* (R) tell me when tx_head reaches this; VT_NEVER: do not */
  uint64_t tx_base;       /* before tx_tail */
  uint32_t context;       /* (R) index of the context that gets this slot's events */
  uint32_t tx_generation; /* (R) transmit ring in use; 0: none adopted yet */
  uint64_t tx_want_sent;  /* (R) tell me when so much was sent; VT_NEVER: do not; since 2.4 */
  uint8_t pad0[8];
  /* line 1: host */
  uint64_t rx_tail;       /* (R) bytes delivered */
  uint64_t tx_head;       /* (R) bytes whose room is free again */
  uint64_t tx_seen;       /* (R) tx_tail as last looked at */
  uint64_t rx_want;       /* (R) tell me when rx_head reaches this; VT_NEVER: do not */
  uint64_t rx_base;       /* before rx_tail */
  uint32_t state;         /* (R) VT_STATE_* bits */
  uint32_t error;         /* errno of a failed or reset connection; stored before state */
  uint32_t rx_generation; /* (R) receive ring in use, counts from 1 */
  uint32_t tx_offer;      /* (R) latest transmit ring offered, counts from 1 */
  uint32_t error_count;   /* (R) datagrams: errors so far, `error` is the latest; since 2.1 */
  uint32_t tx_sent;       /* (R) bytes sent once, modulo 2^32, with VT_OPT_NOTSENT_LOWAT; since 2.4 */
  /* line 2: host, seldom written */
  uint32_t generation; /* (R) of this use of the slot */
  uint32_t rx_buffer;  /* bytes that may wait to be read: SO_RCVBUF; since 2.2 */
  uint32_t tx_ring_offset; /* from the region's start */
  uint32_t tx_ring_bytes;  /* power of two */
  uint32_t rx_ring_offset;
  uint32_t rx_ring_bytes;
  uint16_t local_port;
  uint16_t peer_port;
  uint32_t rx_moved; /* with VT_STATE_MOVED: rx_head as seen last, modulo 2^32; since 2.7 */
  uint8_t local_address[16];
  uint8_t peer_address[16];
  /* line 3: the guest's own use; the host neither reads nor writes it */
  uint8_t guest_private[64];
};

#define VT_STATE_CONNECTED 1u    /* handshake done; rings are there */
#define VT_STATE_READ_CLOSED 2u  /* peer's FIN: after rx_tail comes end of stream */
#define VT_STATE_WRITE_CLOSED 4u /* writing gives EPIPE (or error, if set) */
#define VT_STATE_FAILED 8u       /* error holds why: refused, timed out, reset */
#define VT_STATE_LISTENING 16u
#define VT_STATE_ACCEPTABLE 32u /* comes and goes: connections wait that any process may take */
/*
 * Since 2.7, of a socket that processes share, when another one takes it (VT_MSG_ADOPT). The host
 * stores MOVING, fence, looks at rx_head and tx_tail for the last time, stores rx_moved and tx_seen,
 * then MOVED in the place of MOVING; or no more MOVING, if it could not be moved. The guest, of a
 * socket that it shares, after it stored rx_head or tx_tail: fence, look at the state; wait while it
 * has MOVING; if it has MOVED, and not this was seen, nothing has been read, or written.
 */
#define VT_STATE_MOVING 64u
#define VT_STATE_MOVED 128u /* with FAILED */

struct vt_accepted {
  uint32_t slot;
  uint32_t generation;
};

/*
 * The streams of a UDP socket consist of records: this header, the payload, and bytes without
 * meaning up to a multiple of 8. Cursors move by whole records only.
 */
struct vt_datagram {
  uint32_t bytes;      /* of payload, 0 to VT_DATAGRAM_MAX */
  uint16_t port;       /* sent: the destination's, received: the source's; host order */
  uint16_t flags;      /* VT_DATAGRAM_LOOPBACK */
  uint8_t address[16]; /* sent: the destination; received: the source */
};
#define VT_DATAGRAM_MAX 65507u /* what fits into an IPv4 packet */
#define VT_DATAGRAM_LOOPBACK 1u /* between sockets of one guest, as by 127.0.0.1 */
#define VT_DATAGRAM_PROBE 1u    /* connect nothing: would a socket of this guest receive it? */

/* What VT_CMD_DATAGRAM_ERROR writes; what was quoted of the payload follows. */
struct vt_datagram_error {
  uint32_t error; /* errno */
  uint32_t mtu;   /* of the next hop, if error is EMSGSIZE */
  uint16_t type;  /* of the ICMP message */
  uint16_t code;
  uint16_t port; /* of the destination */
  uint16_t flags; /* VT_DATAGRAM_LOOPBACK */
  uint32_t bytes; /* of payload */
  uint32_t reserved;
  uint8_t address[16];  /* of the destination */
  uint8_t offender[16]; /* who sent the ICMP message */
};

/* What VT_CMD_INFO writes; times in microseconds, sizes in bytes. */
struct vt_socket_info {
  uint32_t tcp_state; /* Linux's TCP_ESTABLISHED = 1 ... TCP_CLOSING = 11 */
  uint32_t path;      /* 0 none, 1 local (no segments), 2 wire */
  uint32_t rtt;       /* smoothed; times are microseconds; 0: not measured */
  uint32_t rttvar;
  uint32_t rto;      /* retransmission timeout */
  uint32_t mss;      /* payload of the segments sent, bytes */
  uint32_t peer_mss; /* what the peer's SYN said, bytes */
  uint32_t congestion_window; /* segments */
  uint32_t ssthresh;          /* segments; 0: none yet */
  uint32_t unacked;           /* segments */
  uint32_t retransmits;       /* in a row, now */
  uint32_t total_retransmits;
  uint32_t options; /* Linux's TCPI_OPT_* bits */
  uint32_t window_scales; /* send | receive << 8 */
  uint32_t backlog;       /* listener: connections that wait */
  uint32_t max_backlog;
  uint64_t bytes_acked;
  uint64_t bytes_received;
  uint64_t bytes_sent;
  uint64_t bytes_retransmitted;
  uint32_t segments_out;
  uint32_t segments_in;
  uint32_t send_unsent;   /* in the transmit ring, not yet sent */
  uint32_t send_unacked;  /* sent, not yet acknowledged */
  uint32_t receive_rtt;    /* round trip as the receiver sees it; since 2.2, with what follows */
  uint32_t receive_space;  /* most bytes read in one round trip */
  uint32_t receive_window; /* bytes that may wait to be read */
  uint32_t min_rtt;        /* smallest of the last minutes, 0: none; since 2.3, with what follows */
  uint64_t pacing_rate;    /* bytes per second, 0: not paced */
  uint64_t delivery_rate;  /* bytes per second, as measured last; 0: not measured */
};

/*
 * ---- attach: messages on the guest's Unix socket (SOCK_SEQPACKET, one message a packet) ----------
 *
 * In a virtual machine, since 2.4, on vsock stream connections to the host's port VT_VSOCK_PORT. What
 * a descriptor is elsewhere is there a connection of its own, on which the message goes that would
 * carry or ask for the descriptor; `key` says whose it is.
 */

#define VT_MSG_MAGIC 0x56545331u /* "VTS1" */
#define VT_VSOCK_PORT 22100u     /* "VT" */

/* Of HELLO, and of WELCOME where the host knows the ivshmem device; in a VM; since 2.5. */
#define VT_FEATURE_VECTORS UINT64_C(1)

enum vt_message_type {
  VT_MSG_HELLO = 1,        /* guest: first message; in a VM value = bus address of the memory that
                              is to hold the region; elsewhere, since 2.6, how many bytes it may
                              have at most, 0: as many as it wants */
  VT_MSG_WELCOME = 2,      /* host: fds region memfd, host doorbell (eventfd, guest writes); in a VM
                              key, and value = where the region lies in that memory, in pages of 4096
                              bytes | its length in pages << 32 */
  VT_MSG_REFUSED = 3,      /* host: error and text say why; the host then closes */
  VT_MSG_OPEN_CONTEXT = 4, /* guest: value = context index; with VT_FEATURE_VECTORS | 1 + vector of
                              the device that rings this context, and by which the guest rings the
                              host, << 32, or 0 << 32: the connection rings */
  VT_MSG_CONTEXT = 5,      /* host: value = index; fd: guest's doorbell (pipe, guest reads) */
  VT_MSG_CLOSE_CONTEXT = 6, /* guest: value = index; no answer */
  VT_MSG_SHARE = 7,  /* guest: value = slot | generation << 32; fd: host's end of the pair that now
                        stands for this socket. The host closes the socket when the last copy of
                        the other end is gone. In a VM text = the pair's name. */
  VT_MSG_SHARED = 8, /* host: answer; error */
  VT_MSG_WHO = 9,    /* any holder, on the pair itself: which socket is this? */
  VT_MSG_TOKEN = 10, /* host, on the pair: value = token for VT_MSG_ADOPT; text = as in SHARE */
  VT_MSG_ADOPT = 11, /* guest: value = token: I want to use this socket, too */
  VT_MSG_ADOPTED = 12, /* host: value = slot | generation << 32 in this attachment; error */
  VT_MSG_RESOLVE = 13, /* guest, since 2.1: text = a guest's name; or empty, and value = IPv4
                          address or, since 2.2, features = last eight bytes of an IPv6 one */
  VT_MSG_RESOLVED = 14, /* host: value = IPv4 address, host order; text = name; error ENOENT; since
                          2.2 features = last eight bytes of the IPv6 address, 0: it has none */
  VT_MSG_DOORBELL = 15 /* guest, in a VM: whatever follows on this connection rings the host; since
                          2.4 */
};

enum vt_guest_kind { VT_KIND_NATIVE = 1, VT_KIND_JVM = 2, VT_KIND_VM = 3 };

struct vt_message {
  uint32_t magic; /* VT_MSG_MAGIC */
  uint16_t type;  /* enum vt_message_type */
  uint16_t abi_major;
  uint16_t abi_minor;
  uint16_t kind;  /* HELLO: enum vt_guest_kind */
  uint32_t error; /* answers: errno, 0 if done */
  uint32_t pid;   /* HELLO: as the guest sees itself; the host trusts SO_PEERCRED only */
  uint32_t key;   /* in a VM: WELCOME: a number that names the attachment; first messages of other
                     connections repeat it; since 2.4 */
  uint64_t value;
  uint64_t features;
  char text[88]; /* HELLO: program name; REFUSED: the reason; a name; NUL-terminated */
};

/* ---- layout, as numbers --------------------------------------------------------------------- */

_Static_assert(sizeof(struct vt_region_header) == 256, "region header");
_Static_assert(offsetof(struct vt_region_header, state) == 192, "host-written line of the header");
_Static_assert(sizeof(struct vt_route) == 24, "route");
_Static_assert(sizeof(struct vt_region_header) <= VT_ROUTE_OFFSET &&
                   VT_ROUTE_OFFSET + VT_MAX_ROUTES * sizeof(struct vt_route) <= VT_HEADER_BYTES,
               "routes in the header's page");
_Static_assert(sizeof(struct vt_entry) == VT_ENTRY_BYTES, "queue entry");
_Static_assert(sizeof(struct vt_context) == VT_CONTEXT_HEADER_BYTES, "context");
_Static_assert(sizeof(struct vt_slot) == VT_SLOT_BYTES, "socket slot");
_Static_assert(offsetof(struct vt_slot, rx_tail) == 64, "slot line 1");
_Static_assert(offsetof(struct vt_slot, generation) == 128, "slot line 2");
_Static_assert(offsetof(struct vt_slot, guest_private) == 192, "slot line 3");
_Static_assert(sizeof(struct vt_accepted) == 8, "accepted record");
_Static_assert(sizeof(struct vt_datagram) == 24, "datagram header");
_Static_assert(sizeof(struct vt_datagram_error) == 56, "datagram error");
_Static_assert(sizeof(struct vt_socket_info) == 144, "socket info");
_Static_assert(sizeof(struct vt_message) == 128, "message");

#endif
