/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of what is below trap_sync(): devices, timers and translations faked, and a guest that traps. */
#pragma once

#include "tests/unit/trap_env.h"

#include "core/vuart.h"

/* Declared where the vectors call them. */
void trap_sync(struct vcpu *v, uint64_t esr);
void trap_irq(struct vcpu *v);
void trap_serror(struct vcpu *v, uint64_t esr);
void trap_serror_late(struct vcpu *v, uint64_t left_by, uint64_t esr);

#define PC   UINT64_C(0xffff000000001000)
#define VBAR UINT64_C(0xffff800000010000)

#define ESR(ec, iss) ((uint64_t)(ec) << 26 | BIT(25) | (iss))

static struct {
	unsigned reads, writes, dirs, sgis, syncs, timer_accesses;
	uint64_t ipa, value; /* of the last access */
	unsigned size;
	bool here; /* there is a device */
	bool uart; /* the emulated UART's address; asked when it is not the GIC's */
	unsigned uart_accesses;
	enum p2m_type mapped;
	int translation; /* what guest_translate() answers */
	uint64_t translated;
	uint64_t sysreg_value;
} fake;

bool vgic_mmio_read(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t *value)
{
	assert_ptr_equal(v, v0);
	fake.reads++;
	fake.ipa = ipa.v;
	fake.size = size;
	*value = fake.here ? fake.value : 0;
	return fake.here;
}

bool vgic_mmio_write(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t value)
{
	assert_ptr_equal(v, v0);
	fake.writes++;
	fake.ipa = ipa.v;
	fake.size = size;
	fake.value = value;
	return fake.here;
}

bool vuart_mmio_read(struct vcpu *v, ipa_t ipa, uint64_t *value)
{
	assert_ptr_equal(v, v0);
	assert_int_equal(ipa.v, fake.ipa);
	assert_false(fake.here);
	fake.uart_accesses++;
	if (fake.uart)
		*value = fake.value;
	return fake.uart;
}

bool vuart_mmio_write(struct vcpu *v, ipa_t ipa, uint64_t value)
{
	assert_ptr_equal(v, v0);
	assert_int_equal(ipa.v, fake.ipa);
	assert_int_equal(value, fake.value);
	assert_false(fake.here);
	fake.uart_accesses++;
	return fake.uart;
}

void vgic_sync(struct vcpu *v)
{
	(void)v;
	fake.syncs++;
}

void vgic_deactivate(struct vcpu *v, vintid_t intid)
{
	(void)v;
	fake.dirs++;
	fake.sysreg_value = intid;
}

void vgic_send_sgi(struct vcpu *from, uint64_t sgi1r)
{
	(void)from;
	fake.sgis++;
	fake.sysreg_value = sgi1r;
}

struct p2m_entry p2m_lookup(struct domain *d, ipa_t ipa)
{
	(void)d;
	fake.ipa = ipa.v;
	return (struct p2m_entry){ .type = fake.mapped };
}

unsigned p2m_ipa_bits(void)
{
	return 40;
}

int guest_translate(gva_t va, bool write, ipa_t *ipa)
{
	(void)va;
	(void)write;
	*ipa = IPA(fake.translated);
	return fake.translation;
}

static uint64_t timer_read(unsigned which)
{
	fake.timer_accesses++;
	return 0x7100 + which;
}

static void timer_write(unsigned which, uint64_t value)
{
	fake.timer_accesses++;
	fake.sysreg_value = value + which;
}

uint64_t ptimer_read_tval(struct vcpu *v)
{
	(void)v;
	return timer_read(0);
}

uint64_t ptimer_read_ctl(struct vcpu *v)
{
	(void)v;
	return timer_read(1);
}

uint64_t ptimer_read_cval(struct vcpu *v)
{
	(void)v;
	return timer_read(2);
}

void ptimer_write_tval(struct vcpu *v, uint64_t value)
{
	(void)v;
	timer_write(0, value);
}

void ptimer_write_ctl(struct vcpu *v, uint64_t value)
{
	(void)v;
	timer_write(1, value);
}

void ptimer_write_cval(struct vcpu *v, uint64_t value)
{
	(void)v;
	timer_write(2, value);
}

static inline int set_up(void **state)
{
	(void)state;
	env_reset();
	memset(&fake, 0, sizeof(fake));
	host_sysreg_write("vbar_el1", VBAR);
	host_sysreg_write("sctlr_el1", SCTLR_EL1_RESET | BIT(23));
	for (unsigned i = 0; i < 31; i++)
		v0->arch.regs.x[i] = 0x0101010101010101 * i;
	return 0;
}

static inline void trap(uint64_t esr)
{
	trap_sync(v0, esr);
}

/* The guest took an exception to EL1 with this syndrome, from what `old` says of its state. */
static inline void assert_taken(uint64_t esr, uint64_t vector, uint64_t old)
{
	assert_int_equal(sysreg_read(esr_el1), esr);
	assert_int_equal(sysreg_read(elr_el1), PC);
	assert_int_equal(sysreg_read(spsr_el1), old);
	assert_int_equal(v0->arch.regs.pc, VBAR + vector);
}

static inline void assert_undefined(void)
{
	assert_taken(0x02000000, 0x200, PSTATE_EL1H);
}

static inline void assert_stepped(void)
{
	assert_int_equal(v0->arch.regs.pc, PC + 4);
	assert_int_equal(sysreg_read(esr_el1), 0);
}
