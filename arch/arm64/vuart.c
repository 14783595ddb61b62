/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulated SBSA UART: the registers of Arm's PL011 (DDI 0183, chapter 3) that the Server Base System
 * Architecture (DEN0029, appendix B) keeps. Its FIFOs are the two halves of the console ring.
 *
 * The ring lies in memory that the guest and the console's domain write at will. So Graft keeps its own two
 * indices here and only shows them there; of the other two it believes no distance longer than the buffer.
 */
#include "core/vuart.h"

#include "arch/arm64/vgic.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"

#define UART_DR   0x00
#define UART_FR   0x18
#define UART_IMSC 0x38
#define UART_RIS  0x3c
#define UART_MIS  0x40
#define UART_ICR  0x44

#define FR_BUSY 0x08U
#define FR_RXFE 0x10U
#define FR_TXFF 0x20U
#define FR_RXFF 0x40U
#define FR_TXFE 0x80U

#define INT_RX   0x10U /* half of the FIFO waits */
#define INT_TX   0x20U /* half of the FIFO is free */
#define INT_RT   0x40U /* something waits */
#define INT_ALL  0x7ffU
#define TRIGGER  16U /* half of the 32 entries that drivers believe in; each FIFO is longer */
#define OUT_SIZE ((uint32_t)sizeof(((struct xencons_interface *)NULL)->out))
#define IN_SIZE  ((uint32_t)sizeof(((struct xencons_interface *)NULL)->in))

XEN_ABI(offsetof(struct xencons_interface, in_cons) == 3072);
XEN_ABI(offsetof(struct xencons_interface, out_prod) == 3084);
XEN_ABI((IN_SIZE & (IN_SIZE - 1)) == 0 && (OUT_SIZE & (OUT_SIZE - 1)) == 0); /* indices wrap */

struct vuart {
	struct spinlock lock; /* leaf, but for that of the interrupt's home in the vGIC */
	struct guest_area ring; /* no page: the domain is dying */
	uint32_t in_cons, out_prod;
	uint32_t raised, mask; /* RIS, IMSC */
	evtchn_port_t port;
};

static struct vuart *vuart_of(const struct domain *d)
{
	return __atomic_load_n(&d->arch.vuart, __ATOMIC_ACQUIRE);
}

static struct xencons_interface *ring_of(const struct vuart *u)
{
	return u->ring.virt;
}

/* Bytes that wait for the guest. */
static uint32_t in_level(const struct vuart *u)
{
	uint32_t level = __atomic_load_n(&ring_of(u)->in_prod, __ATOMIC_ACQUIRE) - u->in_cons;

	return level <= IN_SIZE ? level : 0;
}

/* Room for bytes of the guest's. */
static uint32_t out_room(const struct vuart *u)
{
	uint32_t used = u->out_prod - __atomic_load_n(&ring_of(u)->out_cons, __ATOMIC_ACQUIRE);

	return used <= OUT_SIZE ? OUT_SIZE - used : 0;
}

static void show_line(struct domain *d, const struct vuart *u)
{
	vgic_set_line(d->vcpus[0], GUEST_VPL011_SPI, (u->raised & u->mask) != 0);
}

/* A byte has come or gone: interrupts are raised by that, so that one that was cleared stays so till the next. */
static void refresh(struct domain *d, struct vuart *u)
{
	uint32_t level = in_level(u);

	u->raised = (level ? INT_RT : 0) | (level >= TRIGGER ? INT_RX : 0) |
	            (out_room(u) >= TRIGGER ? INT_TX : 0);
	show_line(d, u);
}

/* True: the ring has become empty, and who waits to fill it is to be told. */
static bool take_byte(struct domain *d, struct vuart *u, uint32_t *byte)
{
	struct xencons_interface *ring = ring_of(u);
	uint32_t level = in_level(u);

	if (!level)
		return false;
	*byte = (uint8_t)__atomic_load_n(&ring->in[u->in_cons % IN_SIZE], __ATOMIC_RELAXED);
	__atomic_store_n(&ring->in_cons, ++u->in_cons, __ATOMIC_RELEASE);
	refresh(d, u);
	return level == 1;
}

/* What there is no room for is lost, as it is on a line: FR has told. */
static bool put_byte(struct domain *d, struct vuart *u, uint32_t byte)
{
	struct xencons_interface *ring = ring_of(u);

	if (!out_room(u))
		return false;
	__atomic_store_n(&ring->out[u->out_prod % OUT_SIZE], (char)byte, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->out_prod, ++u->out_prod, __ATOMIC_RELEASE);
	refresh(d, u);
	return true;
}

/* Busy only when nothing more fits: drivers wait for its end after each byte of an early console. */
static uint32_t flags(const struct vuart *u)
{
	uint32_t level = in_level(u), room = out_room(u);

	return (level ? 0 : FR_RXFE) | (level == IN_SIZE ? FR_RXFF : 0) |
	       (room ? 0 : FR_TXFF | FR_BUSY) | (room == OUT_SIZE ? FR_TXFE : 0);
}

static uint32_t read_register(struct domain *d, struct vuart *u, uint64_t offset, bool *notify)
{
	uint32_t value = 0;

	switch (offset) {
	case UART_DR:
		*notify = take_byte(d, u, &value);
		return value;
	case UART_FR:
		return flags(u);
	case UART_IMSC:
		return u->mask;
	case UART_RIS:
		return u->raised;
	case UART_MIS:
		return u->raised & u->mask;
	default:
		return 0; /* no errors on this line (RSR), and what the SBSA leaves out */
	}
}

static bool write_register(struct domain *d, struct vuart *u, uint64_t offset, uint32_t value)
{
	switch (offset) {
	case UART_DR:
		return put_byte(d, u, value);
	case UART_IMSC:
		u->mask = value & INT_ALL;
		show_line(d, u);
		return false;
	case UART_ICR:
		u->raised &= ~value;
		show_line(d, u);
		return false;
	default:
		return false;
	}
}

/* NULL: it is not the address of d's UART. */
static struct vuart *find(const struct domain *d, ipa_t ipa)
{
	return ipa.v - GUEST_PL011_BASE < GUEST_PL011_SIZE ? vuart_of(d) : NULL;
}

bool vuart_overlaps(const struct domain *d, ipa_t ipa, uint64_t size)
{
	uint64_t base = GUEST_PL011_BASE;

	return vuart_of(d) && (ipa.v - base < GUEST_PL011_SIZE || base - ipa.v < size);
}

bool vuart_mmio_read(struct vcpu *v, ipa_t ipa, uint64_t *value)
{
	struct domain *d = v->domain;
	struct vuart *u = find(d, ipa);
	bool notify = false;

	if (!u)
		return false;
	*value = 0;
	spin_lock(&u->lock);
	if (u->ring.page)
		*value = read_register(d, u, ipa.v - GUEST_PL011_BASE, &notify);
	spin_unlock(&u->lock);
	if (notify)
		(void)evtchn_notify(d, u->port);
	return true;
}

bool vuart_mmio_write(struct vcpu *v, ipa_t ipa, uint64_t value)
{
	struct domain *d = v->domain;
	struct vuart *u = find(d, ipa);
	bool notify = false;

	if (!u)
		return false;
	spin_lock(&u->lock);
	if (u->ring.page)
		notify = write_register(d, u, ipa.v - GUEST_PL011_BASE, (uint32_t)value);
	spin_unlock(&u->lock);
	if (notify)
		(void)evtchn_notify(d, u->port);
	return true;
}

/* The console's domain has put bytes in, or taken some out. */
static void console_sent(struct domain *d, evtchn_port_t port)
{
	struct vuart *u = vuart_of(d);

	(void)port;
	if (!u) /* it is being made; the guest does not run yet */
		return;
	spin_lock(&u->lock);
	if (u->ring.page)
		refresh(d, u);
	spin_unlock(&u->lock);
}

static int check(struct domain *d)
{
	int err;

	if (d->dying != DOMAIN_ALIVE || d->config.direct_mapped)
		return -EINVAL;
	if (vuart_of(d))
		return fail(-EEXIST, "d%u: it has a vuart already", d->id);
	err = vgic_may_route_hw(d, GUEST_VPL011_SPI);
	if (err)
		return fail(err, "d%u: no vuart without its SPI %u", d->id, GUEST_VPL011_SPI);
	if (p2m_range_used(d, IPA(GUEST_PL011_BASE), GUEST_PL011_SIZE >> PAGE_SHIFT))
		return fail(-EBUSY, "d%u: something is mapped where its vuart would be", d->id);
	return 0;
}

/* The daemon goes on where the page says, so Graft must too. */
static int open_ring(struct domain *d, struct vuart *u, uint64_t gfn)
{
	int err = -EINVAL;

	if (gfn < BIT(64 - PAGE_SHIFT))
		err = guest_area_map(
				d, ipa_of_gfn(gfn), sizeof(struct xencons_interface), &u->ring);
	if (err)
		return fail(err, "d%u: the vuart's page %#llx is not its memory", d->id,
				(unsigned long long)gfn);
	u->in_cons = __atomic_load_n(&ring_of(u)->in_cons, __ATOMIC_RELAXED);
	u->out_prod = __atomic_load_n(&ring_of(u)->out_prod, __ATOMIC_RELAXED);
	return 0;
}

int vuart_init(struct domain *d, uint64_t gfn, domain_id_t console, evtchn_port_t *port)
{
	struct vuart *u;
	int err = check(d);

	if (err)
		return err;
	u = heap_alloc(sizeof(*u));
	if (!u)
		return -ENOMEM;
	err = open_ring(d, u, gfn);
	if (err)
		goto undo_alloc;
	err = evtchn_alloc_for_graft(d, console, console_sent, &u->port);
	if (err)
		goto undo_ring;
	*port = u->port;
	__atomic_store_n(&d->arch.vuart, u, __ATOMIC_RELEASE);
	return 0;

undo_ring:
	guest_area_unmap(&u->ring);
undo_alloc:
	heap_free(u);
	return err;
}

void vuart_drop_ring(struct domain *d)
{
	struct vuart *u = vuart_of(d);
	struct guest_area ring;

	if (!u)
		return;
	spin_lock(&u->lock);
	ring = u->ring;
	u->ring = (struct guest_area){ .page = NULL };
	spin_unlock(&u->lock);
	guest_area_unmap(&ring);
}

void vuart_free(struct domain *d)
{
	heap_free(d->arch.vuart);
	d->arch.vuart = NULL;
}
