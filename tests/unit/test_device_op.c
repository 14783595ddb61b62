/* SPDX-License-Identifier: Apache-2.0 */
/* domctl's commands about devices: what is decoded, what is refused before anybody is asked, whose turn it is. */
#include "tests/unit/assign_env.h"

#include "assign/turn.h"
#include "core/vuart.h"
#include "hypercall/domctl.h"

#define FRAME (UINT64_C(0xa003000) >> PAGE_SHIFT) /* slot@a003000, SPI 40 */

static struct {
	unsigned calls;
	uint64_t gfn;
	domain_id_t console;
	int result;
} uart;

int vuart_init(struct domain *d, uint64_t gfn, domain_id_t console, evtchn_port_t *port)
{
	assert_ptr_equal(d, dom2);
	uart.calls++;
	uart.gfn = gfn;
	uart.console = console;
	*port = 77;
	return uart.result;
}

int evtchn_set_virq_handler(struct domain *d, unsigned virq)
{
	assert_ptr_equal(d, dom2);
	return virq == VIRQ_DOM_EXC ? 0 : -EINVAL;
}

static void test_vuart(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_vuart_op };
	struct xen_domctl_vuart_op *u = &op.u.vuart_op;

	(void)state;
	memset(&uart, 0, sizeof(uart));
	u->cmd = XEN_DOMCTL_VUART_OP_INIT + 1;
	assert_int_equal(domctl_vuart_op(dom2, &op), -EINVAL);
	u->cmd = XEN_DOMCTL_VUART_OP_INIT;
	u->type = XEN_DOMCTL_VUART_TYPE_VPL011 + 1;
	assert_int_equal(domctl_vuart_op(dom2, &op), -EOPNOTSUPP);
	assert_int_equal(uart.calls, 0);
	u->type = XEN_DOMCTL_VUART_TYPE_VPL011;
	u->gfn = 0x39003;
	u->console_domid = 5;
	assert_int_equal(domctl_vuart_op(dom2, &op), 0);
	assert_int_equal(uart.gfn, 0x39003);
	assert_int_equal(uart.console, 5);
	assert_int_equal(u->evtchn, 77);
	uart.result = -EEXIST;
	assert_int_equal(domctl_vuart_op(dom2, &op), -EEXIST);
}

static void test_virq_handler(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_set_virq_handler };

	(void)state;
	op.u.set_virq_handler.virq = VIRQ_DOM_EXC;
	assert_int_equal(domctl_set_virq_handler(dom2, &op), 0);
	op.u.set_virq_handler.virq = VIRQ_TIMER;
	assert_int_equal(domctl_set_virq_handler(dom2, &op), -EINVAL);
}

static int permit_irq(uint32_t pirq, uint8_t allow)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_irq_permission };

	op.u.irq_permission.pirq = pirq;
	op.u.irq_permission.allow_access = allow;
	return domctl_irq_permission(dom2, &op);
}

static struct xen_domctl pt_irq(uint32_t machine, uint32_t type, uint16_t spi)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_bind_pt_irq };

	op.u.bind_pt_irq.machine_irq = machine;
	op.u.bind_pt_irq.irq_type = type;
	op.u.bind_pt_irq.u.spi.spi = spi;
	return op;
}

static int bind(uint32_t machine, uint32_t type, uint16_t spi)
{
	struct xen_domctl op = pt_irq(machine, type, spi);

	return domctl_bind_pt_irq(dom2, &op);
}

static int unbind(uint32_t machine, uint32_t type, uint16_t spi)
{
	struct xen_domctl op = pt_irq(machine, type, spi);

	return domctl_unbind_pt_irq(dom2, &op);
}

static void test_interrupts(void **state)
{
	(void)state;
	assert_int_equal(bind(40, PT_IRQ_TYPE_PCI, 40), -EOPNOTSUPP);
	assert_int_equal(unbind(40, PT_IRQ_TYPE_MSI, 40), -EOPNOTSUPP);
	assert_int_equal(bind(40, PT_IRQ_TYPE_SPI, 41), -EINVAL);
	assert_int_equal(bind(0x10028, PT_IRQ_TYPE_SPI, 40), -EINVAL);
	assert_int_equal(unbind(40, PT_IRQ_TYPE_SPI, 41), -EINVAL);
	assert_int_equal(bind(SPI_OF_UART, PT_IRQ_TYPE_SPI, SPI_OF_UART), -EBUSY);
	assert_int_equal(bind(40, PT_IRQ_TYPE_SPI, 40), 0);
	assert_ptr_equal(irq_owner(40), dom2);
	assert_int_equal(permit_irq(40, 1), 0); /* libxl asks in either order */
	assert_int_equal(permit_irq(40, 0), 0);
	assert_ptr_equal(irq_owner(40), dom0);
	assert_int_equal(permit_irq(40, 1), 0);
	assert_null(irq_owner(40));
	assert_int_equal(bind(40, PT_IRQ_TYPE_SPI, 40), 0);
	assert_int_equal(unbind(40, PT_IRQ_TYPE_SPI, 40), 0);
	assert_int_equal(unbind(40, PT_IRQ_TYPE_SPI, 40), 0);
	assert_ptr_equal(irq_owner(40), dom0);
}

static int permit_iomem(uint64_t frame, uint64_t count, uint8_t allow)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_iomem_permission };

	op.u.iomem_permission.first_mfn = frame;
	op.u.iomem_permission.nr_mfns = count;
	op.u.iomem_permission.allow_access = allow;
	return domctl_iomem_permission(dom2, &op);
}

static int map(uint64_t gfn, uint64_t frame, uint64_t count, uint32_t add)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_memory_mapping };

	op.u.memory_mapping.first_gfn = gfn;
	op.u.memory_mapping.first_mfn = frame;
	op.u.memory_mapping.nr_mfns = count;
	op.u.memory_mapping.add_mapping = add;
	return domctl_memory_mapping(dom2, &op);
}

static void test_registers(void **state)
{
	(void)state;
	assert_int_equal(map(0x10000, FRAME, 1, DPCI_ADD_MAPPING), -EPERM);
	assert_int_equal(permit_iomem(FRAME, 0, 1), -EINVAL);
	assert_int_equal(permit_iomem(FRAME, 1, 1), 0);
	assert_int_equal(map(0x10000, FRAME, 513, DPCI_ADD_MAPPING), -E2BIG);
	assert_int_equal(map(0x10000, FRAME, 1, DPCI_ADD_MAPPING), 0);
	assert_int_equal(p2m_lookup(dom2, ipa_of_gfn(0x10000)).pa.v, FRAME << PAGE_SHIFT);
	assert_int_equal(map(0x10000, FRAME, 1, DPCI_REMOVE_MAPPING), 0);
	assert_int_equal(p2m_lookup(dom2, ipa_of_gfn(0x10000)).type, P2M_NONE);
	assert_int_equal(map(0x10000, FRAME, 1, DPCI_ADD_MAPPING), 0);
	assert_int_equal(permit_iomem(FRAME, 1, 0), -ERESTART);
	assert_int_equal(permit_iomem(FRAME, 1, 0), 0);
	assert_int_equal(p2m_lookup(dom2, ipa_of_gfn(0x10000)).type, P2M_NONE);
	assert_true(sees(dom0, FRAME << PAGE_SHIFT));
}

/* An overlay is being worked on: come again. */
static void test_turn(void **state)
{
	(void)state;
	assert_true(turn_take());
	assert_int_equal(permit_iomem(FRAME, 1, 1), -ERESTART);
	assert_int_equal(map(FRAME, FRAME, 1, 1), -ERESTART);
	assert_int_equal(permit_irq(40, 1), -ERESTART);
	assert_int_equal(bind(40, PT_IRQ_TYPE_SPI, 40), -ERESTART);
	assert_int_equal(unbind(40, PT_IRQ_TYPE_SPI, 40), -ERESTART);
	assert_int_equal(on_kill(dom2), -ERESTART);
	turn_give();
	assert_true(sees(dom0, FRAME << PAGE_SHIFT));
	assert_ptr_equal(irq_owner(40), dom0);
}

static void test_assign(void **state)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_assign_device };

	(void)state;
	op.u.assign_device.dev = XEN_DOMCTL_DEV_DT;
	assert_int_equal(domctl_assign_device(dom2, &op), -EXDEV);
	op.u.assign_device.dev = XEN_DOMCTL_DEV_PCI;
	assert_int_equal(domctl_assign_device(dom2, &op), -ENODEV);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, env_set_up, env_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_vuart),
		TEST(test_virq_handler),
		TEST(test_interrupts),
		TEST(test_registers),
		TEST(test_turn),
		TEST(test_assign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
