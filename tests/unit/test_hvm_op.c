/* SPDX-License-Identifier: Apache-2.0 */
/* HVMOP_get_param and HVMOP_set_param: who may do what, for every parameter there is. */
#include "tests/unit/evtchn_env.h"

static int setup(void **state)
{
	(void)state;
	env_init(100);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	env_free();
	return 0;
}

static int64_t set(unsigned domain, uint32_t index, uint64_t value)
{
	struct xen_hvm_param param = { .domid = (domid_t)domain, .index = index, .value = value };

	return env_call(do_hvm_op, HVMOP_set_param, &param, sizeof(param));
}

static int64_t get(unsigned domain, uint32_t index, uint64_t *value)
{
	struct xen_hvm_param param = { .domid = (domid_t)domain, .index = index, .value = 0xdead };
	int64_t err = env_call(do_hvm_op, HVMOP_get_param, &param, sizeof(param));

	*value = param.value;
	return err;
}

static bool is_ring(uint32_t index)
{
	return index == HVM_PARAM_STORE_PFN || index == HVM_PARAM_STORE_EVTCHN ||
	       index == HVM_PARAM_CONSOLE_PFN || index == HVM_PARAM_CONSOLE_EVTCHN ||
	       index == HVM_PARAM_CALLBACK_IRQ;
}

static void test_toolstack_sets_what_the_guest_reads(void **state)
{
	uint64_t value;

	(void)state;
	for (uint32_t index = 0; index < HVM_NR_PARAMS; index++) {
		bool known = is_ring(index) || index == HVM_PARAM_MONITOR_RING_PFN;

		env_run(0, 0);
		assert_int_equal(set(1, index, index + 100), known ? 0 : -EINVAL);
		assert_int_equal(get(1, index, &value), known ? 0 : -EINVAL);
		assert_int_equal(value, known ? index + 100 : 0xdead);
		env_run(1, 0);
		assert_int_equal(set(DOMID_SELF, index, 5), known ? -EPERM : -EINVAL);
		assert_int_equal(set(1, index, 5), known ? -EPERM : -EINVAL);
		if (is_ring(index)) {
			assert_int_equal(get(DOMID_SELF, index, &value), 0);
			assert_int_equal(value, index + 100);
		} else {
			assert_int_equal(get(1, index, &value), known ? -EPERM : -EINVAL);
		}
	}
}

static void test_others_may_not(void **state)
{
	uint64_t value;

	(void)state;
	env_run(1, 0);
	for (uint32_t index = 0; index < HVM_NR_PARAMS; index++) {
		assert_int_equal(set(2, index, 5), -EPERM);
		assert_int_equal(get(0, index, &value), -EPERM);
	}
	/* Not even the toolstack's own domain writes its own. */
	env_run(0, 0);
	assert_int_equal(set(DOMID_SELF, HVM_PARAM_STORE_PFN, 1), -EPERM);
}

static void test_upcall_is_a_ppi(void **state)
{
	uint64_t value;

	(void)state;
	assert_int_equal(get(2, HVM_PARAM_CALLBACK_IRQ, &value), 0);
	assert_int_equal(value >> 56, HVM_PARAM_CALLBACK_TYPE_PPI);
	assert_int_equal(value & 0xff, 31);
	assert_int_equal(value >> 8 & 0xff, HVM_PARAM_CALLBACK_TYPE_PPI_FLAG_LOW_LEVEL);
}

static void test_bad_calls(void **state)
{
	struct xen_hvm_param param = { .domid = 1, .index = HVM_PARAM_STORE_PFN };
	uint64_t args[HYPERCALL_ARGS] = { HVMOP_get_param };
	uint64_t value;

	(void)state;
	assert_int_equal(get(1, HVM_NR_PARAMS, &value), -EINVAL);
	assert_int_equal(get(1, UINT32_MAX, &value), -EINVAL);
	assert_int_equal(get(77, HVM_PARAM_STORE_PFN, &value), -ESRCH);
	assert_int_equal(set(77, HVM_PARAM_STORE_PFN, 1), -ESRCH);
	assert_int_equal(do_hvm_op(args), -EFAULT);
	args[1] = host_guest_map_readonly(&param, sizeof(param)).v;
	assert_int_equal(do_hvm_op(args), -EFAULT);
	for (args[0] = 2; args[0] < 30; args[0]++)
		assert_int_equal(do_hvm_op(args), -ENOSYS);
}

static void test_vm_assist(void **state)
{
	uint64_t args[HYPERCALL_ARGS] = { VMASST_CMD_enable, VMASST_TYPE_runstate_update_flag };

	(void)state;
	env_run(1, 0);
	assert_int_equal(do_vm_assist(args), 0);
	assert_int_equal(dom(1)->vm_assist, 1U << VMASST_TYPE_runstate_update_flag);
	args[0] = VMASST_CMD_disable;
	assert_int_equal(do_vm_assist(args), 0);
	assert_int_equal(dom(1)->vm_assist, 0);
	args[0] = 2;
	assert_int_equal(do_vm_assist(args), -ENOSYS);
	args[0] = VMASST_CMD_enable;
	for (args[1] = 0; args[1] < 70; args[1]++)
		if (args[1] != VMASST_TYPE_runstate_update_flag)
			assert_int_equal(do_vm_assist(args), -EINVAL);
	assert_int_equal(dom(1)->vm_assist, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_toolstack_sets_what_the_guest_reads),
		TEST(test_others_may_not),
		TEST(test_upcall_is_a_ppi),
		TEST(test_bad_calls),
		TEST(test_vm_assist),
	};

	return cmocka_run_group_tests_name("hvm_op", tests, NULL, NULL);
}
