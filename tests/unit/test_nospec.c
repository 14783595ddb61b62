/* SPDX-License-Identifier: Apache-2.0 */
/* index_nospec() stands at every table that a guest indexes, behind a check that has refused what is too large. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arch/nospec.h>

#include "core/error.h"
#include "core/evtchn_priv.h"
#include "core/grant_priv.h"
#include "hypercall/hypercall.h"
#include "tests/unit/machine.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

static union {
	struct xen_domctl domctl;
	struct xen_sysctl sysctl;
	struct xen_hvm_param param;
	unsigned char bytes[4096];
} buf;
static gva_t buf_at;
static struct domain *dom0;

static int setup(void **state)
{
	(void)state;
	machine_start(MIB(64), 1);
	dom0 = machine_add_domain(0, 1);
	cpus[0].current = domain_vcpu(dom0, 0);
	memset(&buf, 0, sizeof(buf));
	buf_at = host_guest_map(&buf, sizeof(buf));
	host_nospec_count = host_nospec_above = 0;
	return 0;
}

static unsigned clamps_of(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t args[HYPERCALL_ARGS] = { a, b, c };
	unsigned before = host_nospec_count;

	(void)hypercall_dispatch(number, args);
	assert_int_equal(host_nospec_above, 0);
	return host_nospec_count - before;
}

/* The hypercall's own number is one, the number of the operation the second, what an operation looks up more. */
static void test_tables_of_hypercalls(void **state)
{
	(void)state;
	assert_true(clamps_of(__HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0, 0) >= 2);
	assert_true(clamps_of(__HYPERVISOR_event_channel_op, EVTCHNOP_status, buf_at.v, 0) >= 2);
	assert_true(clamps_of(__HYPERVISOR_sched_op, SCHEDOP_watchdog, buf_at.v, 0) >= 2);
	assert_true(clamps_of(__HYPERVISOR_grant_table_op, GNTTABOP_query_size, buf_at.v, 1) >= 2);
	assert_true(clamps_of(__HYPERVISOR_vcpu_op, VCPUOP_is_up, 0, 0) >= 2);
	buf.domctl.cmd = XEN_DOMCTL_getdomaininfo;
	buf.domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	assert_true(clamps_of(__HYPERVISOR_domctl, buf_at.v, 0, 0) >= 2);
	buf.sysctl.cmd = XEN_SYSCTL_physinfo;
	buf.sysctl.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	assert_true(clamps_of(__HYPERVISOR_sysctl, buf_at.v, 0, 0) >= 2);
	buf.param = (struct xen_hvm_param){ .domid = DOMID_SELF, .index = HVM_PARAM_STORE_PFN };
	assert_true(clamps_of(__HYPERVISOR_hvm_op, HVMOP_get_param, buf_at.v, 0) >= 2);
}

static void test_numbers_that_are_too_large_are_refused(void **state)
{
	static const uint64_t numbers[] = { __HYPERVISOR_memory_op, __HYPERVISOR_event_channel_op,
		__HYPERVISOR_sched_op, __HYPERVISOR_grant_table_op };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		assert_int_equal(clamps_of(numbers[i], 63, buf_at.v, 1), 1);
	assert_int_equal(clamps_of(UINT64_MAX, 0, 0, 0), 0);
}

static unsigned taken(void)
{
	unsigned count = host_nospec_count;

	host_nospec_count = 0;
	assert_int_equal(host_nospec_above, 0);
	return count;
}

static void test_objects_of_a_domain(void **state)
{
	struct vcpu *v = domain_vcpu(dom0, 0);
	evtchn_port_t port;

	(void)state;
	assert_int_equal(taken(), 1);
	assert_null(domain_vcpu(dom0, 1));
	assert_int_equal(taken(), 0);
	assert_int_equal(evtchn_bind_virq(dom0, VIRQ_TIMER, 0, &port), 0);
	assert_true(taken() >= 2);
	assert_non_null(evtchn_find(dom0, port));
	assert_int_equal(taken(), 1);
	assert_null(evtchn_find(dom0, UINT32_MAX));
	assert_int_equal(taken(), 0);
	assert_non_null(v);
	evtchn_close(dom0, port);
}

static int teardown(void **state)
{
	(void)state;
	cpus[0].current = sched_cpus[0].idle;
	machine_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_tables_of_hypercalls, setup, teardown),
		cmocka_unit_test_setup_teardown(
				test_numbers_that_are_too_large_are_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_objects_of_a_domain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
