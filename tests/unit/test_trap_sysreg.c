/* SPDX-License-Identifier: Apache-2.0 */
/* Every system register that there can be, as a guest reads and writes it (Arm ARM D18.3). */
#include "tests/unit/trap_guest.h"

#include "arch/arm64/id_regs.h"

static uint64_t sysreg_esr(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2,
		unsigned rt, bool read)
{
	return ESR(0x18, (uint64_t)op0 << 20 | (uint64_t)op2 << 17 | (uint64_t)op1 << 14 |
					 (uint64_t)crn << 10 | (uint64_t)rt << 5 |
					 (uint64_t)crm << 1 | read);
}

/* What a guest finds, by the numbers of Arm ARM D18.3: 'r', 'w', 'b'oth. */
static char sysreg_access(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	unsigned where = op1 << 12 | crn << 8 | crm << 4 | op2;

	if (op0 == 2 && op1 == 0 && crn == 0)
		return 'b'; /* breakpoints, watchpoints, MDSCR_EL1, MDCCINT_EL1, OSDTR*_EL1, OSECCR_EL1 */
	if (op0 == 3 && op1 == 0 && crn == 0 && crm >= 1 && crm <= 7)
		return 'r'; /* ID registers */
	if (op0 == 2) {
		switch (where) {
		case 0x0100: /* MDRAR_EL1 */
		case 0x0114: /* OSLSR_EL1 */
		case 0x07e6: /* DBGAUTHSTATUS_EL1 */
		case 0x3010: /* MDCCSR_EL0 */
			return 'r';
		case 0x0104: /* OSLAR_EL1 */
			return 'w';
		case 0x0134: /* OSDLR_EL1 */
		case 0x0144: /* DBGPRCR_EL1 */
		case 0x0786: /* DBGCLAIMSET_EL1 */
		case 0x0796: /* DBGCLAIMCLR_EL1 */
		case 0x3040: /* DBGDTR_EL0 */
		case 0x3050: /* DBGDTRRX_EL0, DBGDTRTX_EL0 */
			return 'b';
		}
		return 0;
	}
	if (op0 == 1 && (where == 0x0762 || where == 0x07a2 || where == 0x07e2))
		return 'w'; /* DC ISW, CSW, CISW */
	switch (op0 == 3 ? where : 0) {
	case 0x0101: /* ACTLR_EL1 */
	case 0x0cc5: /* ICC_SRE_EL1 */
	case 0x3e20: /* CNTP_TVAL_EL0, CNTP_CTL_EL0, CNTP_CVAL_EL0 */
	case 0x3e21:
	case 0x3e22:
		return 'b';
	case 0x0100: /* HCR_EL2.TVM: SCTLR_EL1, TTBR0_EL1, TTBR1_EL1, TCR_EL1 */
	case 0x0200:
	case 0x0201:
	case 0x0202:
	case 0x0510: /* AFSR0_EL1, AFSR1_EL1, ESR_EL1, FAR_EL1 */
	case 0x0511:
	case 0x0520:
	case 0x0600:
	case 0x0a20: /* MAIR_EL1, AMAIR_EL1, CONTEXTIDR_EL1 */
	case 0x0a30:
	case 0x0d01:
	case 0x0cb1: /* ICC_DIR_EL1 */
	case 0x0cb5: /* ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1 */
	case 0x0cb6:
	case 0x0cb7:
		return 'w';
	}
	return 0;
}

static void check_sysreg(unsigned at, bool read)
{
	unsigned op0 = at >> 14, op1 = at >> 11 & 7, crn = at >> 7 & 15, crm = at >> 3 & 15,
		 op2 = at & 7;
	char may = sysreg_access(op0, op1, crn, crm, op2);
	bool works = may == 'b' || may == (read ? 'r' : 'w');

	v0->arch.regs.pc = PC;
	v0->arch.regs.pstate = PSTATE_EL1H;
	v0->arch.regs.x[9] = 0;
	host_sysreg_write("esr_el1", 0);
	trap(sysreg_esr(op0, op1, crn, crm, op2, 9, read));
	if (v0->arch.regs.pc != (works ? PC + 4 : VBAR + 0x200))
		fail_msg("%s of S%u_%u_C%u_C%u_%u", read ? "read" : "write", op0, op1, crn, crm,
				op2);
	assert_int_equal(sysreg_read(esr_el1), works ? 0 : 0x02000000);
}

static void test_every_sysreg(void **state)
{
	(void)state;
	for (unsigned at = 0; at < 1 << 16; at++) {
		check_sysreg(at, true);
		check_sysreg(at, false);
	}
}

static uint64_t read_sysreg(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
{
	trap(sysreg_esr(op0, op1, crn, crm, op2, 5, true));
	return v0->arch.regs.x[5];
}

static void write_sysreg(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2,
		uint64_t value)
{
	v0->arch.regs.x[5] = value;
	trap(sysreg_esr(op0, op1, crn, crm, op2, 5, false));
}

static void test_sysreg_values(void **state)
{
	(void)state;
	host_sysreg_write("actlr_el1", 0xabc);
	host_sysreg_write("id_aa64isar0_el1", 0x10000);
	id_regs_add_cpu(true);
	assert_int_equal(read_sysreg(3, 0, 1, 0, 1), 0xabc);
	write_sysreg(3, 0, 1, 0, 1, 0);
	assert_int_equal(read_sysreg(3, 0, 1, 0, 1), 0xabc);
	assert_int_equal(read_sysreg(3, 0, 0, 6, 0), 0x10000);
	/* Nobody reads what is sent on the debug channel, so it is full (TXfull), and nothing comes. */
	assert_int_equal(read_sysreg(2, 3, 0, 1, 0), BIT(29));
	assert_int_equal(read_sysreg(2, 3, 0, 5, 0), 0);
	/* The GIC's system registers are on, and no guest turns them off. */
	write_sysreg(3, 0, 12, 12, 5, 0);
	assert_int_equal(read_sysreg(3, 0, 12, 12, 5), 7);
	write_sysreg(3, 0, 12, 11, 5, 0x0f00000000000001);
	assert_int_equal(fake.sgis, 1);
	assert_int_equal(fake.sysreg_value, 0x0f00000000000001);
	write_sysreg(3, 0, 12, 11, 1, 0xff00001b);
	assert_int_equal(fake.dirs, 1);
	assert_int_equal(fake.sysreg_value, 0x1b);
	write_sysreg(3, 0, 12, 11, 6, 1);
	write_sysreg(3, 0, 12, 11, 7, 1);
	assert_int_equal(fake.sgis, 1);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(read_sysreg(3, 3, 14, 2, i), 0x7100 + i);
		write_sysreg(3, 3, 14, 2, i, 100);
		assert_int_equal(fake.sysreg_value, 100 + i);
	}
	assert_int_equal(fake.timer_accesses, 6);
}

/* OSLSR_EL1: OSLM 0b10. Two breakpoints and watchpoints keep what a guest can use of what it writes. */
static void test_sysreg_debug(void **state)
{
	(void)state;
	assert_int_equal(read_sysreg(2, 0, 1, 1, 4), 8);
	write_sysreg(2, 0, 1, 0, 4, 1);
	assert_int_equal(read_sysreg(2, 0, 1, 1, 4), 0xa);
	write_sysreg(2, 0, 1, 0, 4, ~UINT64_C(1));
	assert_int_equal(read_sysreg(2, 0, 1, 1, 4), 8);
	for (unsigned n = 0; n < 3; n++) {
		static const uint64_t kept[] = { ~UINT64_C(3), 0x3f01e7, ~UINT64_C(3), 0x1f1f1fff };

		for (unsigned op2 = 4; op2 < 8; op2++) {
			write_sysreg(2, 0, 0, n, op2, UINT64_MAX);
			assert_int_equal(read_sysreg(2, 0, 0, n, op2), n < 2 ? kept[op2 - 4] : 0);
		}
	}
	write_sysreg(2, 0, 0, 2, 2, UINT64_MAX);
	assert_int_equal(read_sysreg(2, 0, 0, 2, 2), 0xb001);
	assert_int_equal(read_sysreg(2, 0, 7, 8, 6), 0xff);
	write_sysreg(2, 0, 7, 8, 6, 0x1f0);
	write_sysreg(2, 0, 7, 9, 6, 0x030);
	assert_int_equal(read_sysreg(2, 0, 7, 9, 6), 0xc0);
}

static void test_sysreg_zero_register(void **state)
{
	struct guest_regs before = v0->arch.regs;

	(void)state;
	trap(sysreg_esr(3, 3, 14, 2, 2, 31, true));
	assert_memory_equal(before.x, v0->arch.regs.x, sizeof(before.x));
	trap(sysreg_esr(3, 3, 14, 2, 2, 31, false));
	assert_int_equal(fake.sysreg_value, 2);
}

/* From EL0 nothing but the timer, and that only by leave of the guest's kernel (CNTKCTL_EL1.EL0PTEN). */
static void test_sysreg_el0(void **state)
{
	for (unsigned leave = 0; leave < 2; leave++) {
		for (unsigned at = 2 << 14; at < 4 << 14; at++) {
			unsigned op0 = at >> 14, op1 = at >> 11 & 7, crn = at >> 7 & 15;
			unsigned crm = at >> 3 & 15, op2 = at & 7;
			bool timer = op0 == 3 && op1 == 3 && crn == 14 && crm == 2 && op2 < 3;

			if (!timer && !sysreg_access(op0, op1, crn, crm, op2))
				continue;
			set_up(state);
			host_sysreg_write("cntkctl_el1", leave ? BIT(9) : ~BIT(9));
			v0->arch.regs.pstate = 0;
			trap(sysreg_esr(op0, op1, crn, crm, op2, 5, at & 1));
			if (timer && leave)
				assert_stepped();
			else
				assert_taken(0x02000000, 0x400, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_sysreg, set_up),
		cmocka_unit_test_setup(test_sysreg_values, set_up),
		cmocka_unit_test_setup(test_sysreg_debug, set_up),
		cmocka_unit_test_setup(test_sysreg_zero_register, set_up),
		cmocka_unit_test_setup(test_sysreg_el0, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
