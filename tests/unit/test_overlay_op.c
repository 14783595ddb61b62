/* SPDX-License-Identifier: Apache-2.0 */
/* Overlays by hypercall: what is copied and checked, pauses, reasons, and Graft's own commands. */
#include "tests/unit/assign_guest.h"

#include <arch/guest.h>

#include "arch/host/fake.h"
#include "hypercall/domctl.h"
#include "hypercall/graft_sysctl.h"
#include "hypercall/sysctl.h"

static struct vcpu vcpus[3];

static int set_up(void **state)
{
	host_cpus_reset(1, NS_PER_S);
	host_guest_reset();
	host_guest_context = 1;
	env_set_up(state);
	dom0->config.privileged = true;
	for (unsigned i = 0; i < 3; i++)
		vcpus[i].domain = &env_domains[i];
	cpus[0].current = &vcpus[0];
	return 0;
}

static int tear_down(void **state)
{
	host_irq_pending = false;
	return env_tear_down(state);
}

static int by_sysctl(unsigned op, gva_t at, size_t size)
{
	struct xen_sysctl arg = { .cmd = XEN_SYSCTL_dt_overlay };

	arg.u.dt_overlay.overlay_fdt.q = at.v;
	arg.u.dt_overlay.overlay_fdt_size = (uint32_t)size;
	arg.u.dt_overlay.overlay_op = (uint8_t)op;
	return sysctl_dt_overlay(&arg);
}

static int by_domctl(struct domain *d, unsigned op, gva_t at, size_t size)
{
	struct xen_domctl arg = { .cmd = XEN_DOMCTL_dt_overlay, .domain = d->id };

	arg.u.dt_overlay.overlay_fdt.q = at.v;
	arg.u.dt_overlay.overlay_fdt_size = (uint32_t)size;
	arg.u.dt_overlay.overlay_op = (uint8_t)op;
	return domctl_dt_overlay(d, &arg);
}

#define ADD    XEN_SYSCTL_DT_OVERLAY_ADD
#define REMOVE XEN_SYSCTL_DT_OVERLAY_REMOVE
#define ATTACH XEN_DOMCTL_DT_OVERLAY_ATTACH
#define DETACH GRAFT_DOMCTL_DT_OVERLAY_DETACH

static struct graft_sysctl own;
static gva_t own_at;

static int by_own(uint32_t cmd)
{
	struct graft_sysctl copy;

	own.cmd = cmd;
	own.interface_version = GRAFT_SYSCTL_VERSION;
	copy = own;
	if (!own_at.v)
		own_at = host_guest_map(&own, sizeof(own));
	return graft_sysctl(own_at, &copy);
}

static void assert_reason(int error, const char *words)
{
	char text[GRAFT_REASON_MAX];
	gva_t at = host_guest_map(text, sizeof(text));

	own.u.last_reason = (struct graft_sysctl_last_reason){ .text = at.v, .size = sizeof(text) };
	assert_int_equal(by_own(GRAFT_SYSCTL_last_reason), 0);
	assert_int_equal(own.u.last_reason.error, error);
	assert_int_equal(own.u.last_reason.size, strlen(text));
	assert_non_null(strstr(text, words));
	host_guest_unmap(at);
}

/* The tree's hash tables grow with the first overlay of a size, and stay so. */
static void grow_tree(gva_t at, size_t size)
{
	assert_int_equal(by_sysctl(ADD, at, size), 0);
	assert_int_equal(by_sysctl(REMOVE, at, size), 0);
	env_heap_at_start = heap_bytes_used();
}

static void test_life(void **state)
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	gva_t at = host_guest_map(blob.at, blob.size);

	(void)state;
	own_at = GVA(0);
	assert_int_equal(by_sysctl(REMOVE, at, blob.size), -ENOENT);
	assert_reason(-ENOENT, "not in the tree");
	assert_int_equal(by_sysctl(ADD, at, blob.size), 0);
	assert_reason(0, "");
	assert_int_equal(by_sysctl(ADD, at, blob.size), -EEXIST);
	assert_int_equal(by_domctl(dom2, ATTACH, at, blob.size), -EXDEV);
	assert_reason(-EXDEV, "xen,force-assign-without-iommu");
	assert_int_equal(by_domctl(dom0, ATTACH, at, blob.size), 0);
	assert_true(sees(dom0, WINDOW + 0x10000));
	assert_int_equal(by_domctl(dom0, DETACH, at, blob.size), 0);
	assert_int_equal(by_domctl(dom0, DETACH, at, blob.size), -ENOENT);
	assert_int_equal(by_domctl(dom0, ATTACH, at, blob.size), 0);
	assert_int_equal(by_sysctl(REMOVE, at, blob.size), 0);
	assert_false(sees(dom0, WINDOW + 0x10000));
	free(blob.at);
}

static void test_arguments(void **state)
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	static uint8_t large[DT_BLOB_MAX + 1];
	gva_t at = host_guest_map(blob.at, blob.size),
	      large_at = host_guest_map(large, sizeof(large));
	struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_dt_overlay };
	struct xen_domctl domctl = { .cmd = XEN_DOMCTL_dt_overlay };

	(void)state;
	own_at = GVA(0);
	for (unsigned i = 0; i < 3; i++) {
		memset(sysctl.u.dt_overlay.pad, 0, 3);
		memset(domctl.u.dt_overlay.pad, 0, 3);
		sysctl.u.dt_overlay.pad[i] = domctl.u.dt_overlay.pad[i] = 1;
		assert_int_equal(sysctl_dt_overlay(&sysctl), -EINVAL);
		assert_int_equal(domctl_dt_overlay(dom0, &domctl), -EINVAL);
	}
	assert_reason(-EINVAL, "padding");
	assert_int_equal(by_sysctl(0, at, blob.size), -EOPNOTSUPP);
	assert_int_equal(by_sysctl(3, at, blob.size), -EOPNOTSUPP);
	assert_int_equal(by_domctl(dom0, 0, at, blob.size), -EOPNOTSUPP);
	assert_int_equal(by_domctl(dom0, 3, at, blob.size), -EOPNOTSUPP);
	for (unsigned op = ADD; op <= REMOVE; op++) {
		assert_int_equal(by_sysctl(op, at, 0), -EINVAL);
		assert_int_equal(by_sysctl(op, large_at, DT_BLOB_MAX + 1), -E2BIG); /* 26 */
		assert_int_equal(by_sysctl(op, large_at, UINT32_MAX), -E2BIG);
		assert_int_equal(by_sysctl(op, at, blob.size + 1), -EFAULT);
		assert_int_equal(by_sysctl(op, GVA(8), blob.size), -EFAULT);
	}
	assert_int_equal(by_sysctl(ADD, large_at, DT_BLOB_MAX), -EINVAL);
	assert_int_equal(by_sysctl(ADD, at, blob.size - 1), -EINVAL); /* cut off */
	free(blob.at);
}

static void test_list(void **state) /* 27 */
{
	struct blob one = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	struct blob two = OVERLAY({ .name = "b@1", .base = WINDOW + 0x11000, .size = 0x1000 });
	struct graft_overlay list[2] = { { .id = 0 } };
	gva_t one_at = host_guest_map(one.at, one.size), two_at = host_guest_map(two.at, two.size);
	gva_t at = host_guest_map(list, sizeof(list));

	(void)state;
	own_at = GVA(0);
	assert_int_equal(by_sysctl(ADD, one_at, one.size), 0);
	assert_int_equal(by_sysctl(ADD, two_at, two.size), 0);
	assert_int_equal(by_domctl(dom1, ATTACH, one_at, one.size), 0);
	own.u.overlay_list = (struct graft_sysctl_overlay_list){ .buffer = at.v, .count = 2 };
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_list), 0);
	assert_int_equal(own.u.overlay_list.count, 2);
	assert_int_equal(own.u.overlay_list.total, 2);
	assert_int_equal(list[0].state, GRAFT_OVERLAY_ATTACHED);
	assert_int_equal(list[0].holder, 1);
	assert_int_equal(list[0].nodes, 1);
	assert_int_equal(list[0].ranges, 1);
	assert_int_equal(list[0].interrupts, 1);
	assert_string_equal(list[0].name, "/a@1");
	assert_int_equal(list[1].state, GRAFT_OVERLAY_ADDED);
	assert_int_equal(list[1].holder, GRAFT_OWNER_NOBODY);
	assert_true(list[1].id > list[0].id);
	own.u.overlay_list = (struct graft_sysctl_overlay_list){ .buffer = at.v, .count = 1 };
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_list), 0);
	assert_int_equal(own.u.overlay_list.count, 1);
	assert_int_equal(own.u.overlay_list.total, 2);
	assert_int_equal(by_sysctl(REMOVE, one_at, one.size), -EBUSY);
	assert_int_equal(by_domctl(dom1, DETACH, one_at, one.size), 0);
	assert_int_equal(by_sysctl(REMOVE, one_at, one.size), 0);
	assert_int_equal(by_sysctl(REMOVE, two_at, two.size), 0);
	free(one.at);
	free(two.at);
}

static void test_tree(void **state)
{
	uint8_t *buffer = malloc(BLOB_ROOM);
	gva_t at = host_guest_map(buffer, BLOB_ROOM);
	struct dtb dtb;
	struct dtb_node node;

	(void)state;
	own_at = GVA(0);
	own.u.tree = (struct graft_sysctl_tree){ .buffer = 0 };
	assert_int_equal(by_own(GRAFT_SYSCTL_tree), -ENOBUFS);
	assert_in_range(own.u.tree.size, 100, BLOB_ROOM);
	own.u.tree.buffer = at.v;
	own.u.tree.size--;
	assert_int_equal(by_own(GRAFT_SYSCTL_tree), -ENOBUFS);
	assert_int_equal(by_own(GRAFT_SYSCTL_tree), 0);
	assert_int_equal(dtb_check(&dtb, buffer, own.u.tree.size, NULL), 0);
	assert_true(dtb_find(&dtb, "/serial@a001000", &node));
	free(buffer);
}

static int ask_device(const char *path)
{
	gva_t at = host_guest_map_readonly(path, strlen(path));
	int rc;

	own.u.device = (struct graft_sysctl_device){ .path = at.v,
		.path_size = (uint32_t)strlen(path) };
	rc = by_own(GRAFT_SYSCTL_device);
	host_guest_unmap(at);
	return rc;
}

static void test_device(void **state)
{
	(void)state;
	own_at = GVA(0);
	assert_int_equal(ask_device("/serial@a001000"), 0);
	assert_int_equal(own.u.device.owner, 0);
	assert_int_equal(own.u.device.ranges, 1);
	assert_int_equal(own.u.device.interrupts, 1);
	assert_int_equal(own.u.device.enabled, 1);
	assert_int_equal(ask_device("/off@a004000"), 0);
	assert_int_equal(own.u.device.owner, GRAFT_OWNER_NOBODY);
	assert_int_equal(own.u.device.enabled, 0);
	assert_int_equal(ask_device("/intc@8000000"), 0);
	assert_int_equal(own.u.device.owner, GRAFT_OWNER_GRAFT);
	assert_int_equal(ask_device("/nowhere"), -ENOENT);
	own.u.device.path_size = DT_PATH_MAX + 1;
	assert_int_equal(by_own(GRAFT_SYSCTL_device), -ENAMETOOLONG);
	own.u.device.path_size = 8;
	own.u.device.path = 8;
	assert_int_equal(by_own(GRAFT_SYSCTL_device), -EFAULT);
	assert_int_equal(by_own(GRAFT_SYSCTL_device + 1), -ENOSYS);
	own.interface_version++;
	assert_int_equal(graft_sysctl(own_at, &own), -EACCES);
}

static void plan(unsigned op, domain_id_t d, gva_t blob, size_t size, gva_t text, size_t room)
{
	own.u.overlay_plan = (struct graft_sysctl_overlay_plan){ .blob = blob.v,
		.blob_size = (uint32_t)size,
		.op = op,
		.text = text.v,
		.text_size = (uint32_t)room,
		.domain = d };
}

static void test_plan(void **state) /* 28 */
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	gva_t at = host_guest_map(blob.at, blob.size), text_at;
	char text[400] = "";

	(void)state;
	own_at = GVA(0);
	text_at = host_guest_map(text, sizeof(text));
	plan(GRAFT_PLAN_ADD, 0, at, blob.size, text_at, sizeof(text));
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_plan), 0);
	assert_int_equal(own.u.overlay_plan.result, 0);
	assert_string_equal(text, "add node /a@1\n");
	assert_int_equal(tree.overlay_count, 0);
	memset(text, 0, sizeof(text));
	plan(GRAFT_PLAN_ATTACH, 1, at, blob.size, text_at, sizeof(text));
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_plan), 0);
	assert_int_equal(own.u.overlay_plan.result, -ENOENT);
	assert_non_null(strstr(text, "refused: "));
	plan(GRAFT_PLAN_REMOVE, 0, at, blob.size, GVA(0), 0);
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_plan), 0);
	assert_true(own.u.overlay_plan.text_size > 0);
	plan(GRAFT_PLAN_ATTACH, 9, at, blob.size, text_at, sizeof(text));
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_plan), -ESRCH);
	plan(GRAFT_PLAN_DETACH + 1, 0, at, blob.size, text_at, sizeof(text));
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_plan), -EINVAL);
	plan(GRAFT_PLAN_ADD, 0, GVA(8), blob.size, text_at, sizeof(text));
	assert_int_equal(by_own(GRAFT_SYSCTL_overlay_plan), -EFAULT);
	free(blob.at);
}

#define MANY 200

static struct blob many_for_host(void)
{
	static char names[MANY][8];
	static struct device devices[MANY];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "d%u@1", i);
		devices[i] = (struct device){
			.name = names[i], .base = WINDOW + 0x10000 + i * PAGE_SIZE, .size = 0x1000
		};
	}
	return overlay_of("/", devices, MANY);
}

/* Interrupts keep coming: the operation pauses again and again, and nobody else gets in between. */
static void test_pauses(void **state)
{
	struct blob blob, small = OVERLAY({ .name = "z@1", .base = WINDOW, .size = 0x100 });
	gva_t at, small_at = host_guest_map(small.at, small.size);
	unsigned turns = 0;
	int err;

	(void)state;
	own_at = GVA(0);
	blob = many_for_host();
	at = host_guest_map(blob.at, blob.size);
	grow_tree(at, blob.size);
	host_irq_pending = true;
	while ((err = by_sysctl(ADD, at, blob.size)) == -ERESTART) {
		turns++;
		host_guest_context = 2;
		assert_int_equal(by_sysctl(ADD, small_at, small.size), -ERESTART);
		assert_int_equal(ask_device("/"), -ERESTART);
		host_guest_context = 1;
	}
	assert_int_equal(err, 0);
	assert_true(turns > 3);
	for (turns = 0; (err = by_domctl(dom1, ATTACH, at, blob.size)) == -ERESTART; turns++)
		assert_int_equal(on_kill(dom1), -ERESTART);
	assert_int_equal(err, 0);
	assert_true(turns > MANY);
	assert_int_equal(atomic_load(&dom1->refs), 1);
	/* Left alone behind the copy of the blob: ended after a while by whoever comes next. */
	for (unsigned i = 0; i < 20; i++)
		assert_int_equal(by_domctl(dom1, DETACH, at, blob.size), -ERESTART);
	assert_int_equal(atomic_load(&dom1->refs), 2);
	host_guest_context = 2;
	host_now += 9 * NS_PER_S;
	assert_int_equal(by_sysctl(ADD, small_at, small.size), -ERESTART);
	host_now += 2 * NS_PER_S;
	for (turns = 0; (err = by_sysctl(ADD, small_at, small.size)) == -ERESTART; turns++)
		;
	assert_int_equal(err, 0);
	assert_true(turns > MANY); /* nor is that one held up */
	host_irq_pending = false;
	assert_int_equal(atomic_load(&dom1->refs), 1);
	assert_false(sees(dom1, WINDOW + 0x10000));
	assert_int_equal(by_sysctl(REMOVE, small_at, small.size), 0);
	assert_int_equal(by_sysctl(REMOVE, at, blob.size), 0);
	free(blob.at);
	free(small.at);
}

static struct blob many_for_guest(void)
{
	static char names[MANY][8];
	static struct guest_device devices[MANY];

	for (unsigned i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "d%u@1", i);
		devices[i] = (struct guest_device){ .name = names[i],
			.base = WINDOW + 0x10000 + i * PAGE_SIZE,
			.size = 0x1000,
			.at = GUEST + 2 * i * PAGE_SIZE };
	}
	return guest_of(devices, MANY);
}

/* A guest is being destroyed while many devices are given to it: it gets them all, and loses them all. */
static void test_guest_dies_meanwhile(void **state)
{
	struct blob host = many_for_host(), guest = many_for_guest();
	gva_t host_at = host_guest_map(host.at, host.size),
	      at = host_guest_map(guest.at, guest.size);
	unsigned turns = 0;
	int err;

	(void)state;
	own_at = GVA(0);
	grow_tree(host_at, host.size);
	assert_int_equal(by_sysctl(ADD, host_at, host.size), 0);
	host_irq_pending = true;
	for (; (err = by_domctl(dom2, ATTACH, at, guest.size)) == -ERESTART; turns++) {
		if (turns > MANY)
			dom2->dying = DOMAIN_DYING;
		assert_int_equal(on_kill(dom2), -ERESTART);
	}
	assert_int_equal(err, 0);
	assert_true(turns > 2 * MANY);
	host_irq_pending = false;
	assert_true(sees_at(dom2, GUEST + 2 * PAGE_SIZE, WINDOW + 0x11000));
	assert_int_equal(by_sysctl(REMOVE, host_at, host.size), -EBUSY);
	while (on_kill(dom2) == -ERESTART)
		;
	assert_int_equal(p2m_lookup(dom2, IPA(GUEST + 2 * PAGE_SIZE)).type, P2M_NONE);
	assert_int_equal(by_domctl(dom2, ATTACH, at, guest.size), -EINVAL);
	assert_int_equal(by_domctl(dom3, ATTACH, at, guest.size), 0);
	assert_int_equal(by_domctl(dom3, DETACH, at, guest.size), 0);
	assert_int_equal(by_sysctl(REMOVE, host_at, host.size), 0);
	free(host.at);
	free(guest.at);
}

/* Its memory is not read on behalf of another context, which would read something else. */
static void test_left_while_it_is_copied(void **state)
{
	struct blob blob = OVERLAY({ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000 }),
		    small = OVERLAY({ .name = "z@1", .base = WINDOW, .size = 0x100 });
	gva_t at = host_guest_map(blob.at, blob.size),
	      small_at = host_guest_map(small.at, small.size);

	(void)state;
	own_at = GVA(0);
	host_irq_pending = true;
	assert_int_equal(by_sysctl(ADD, at, blob.size), -ERESTART);
	host_guest_context = 2;
	host_now += 11 * NS_PER_S;
	host_irq_pending = false;
	assert_int_equal(by_sysctl(ADD, small_at, small.size), 0);
	assert_int_equal(tree.overlay_count, 1);
	assert_int_equal(by_sysctl(REMOVE, small_at, small.size), 0);
	free(blob.at);
	free(small.at);
}

/* The same context with another request: the one it left is ended first. */
static void test_another_request(void **state)
{
	struct blob blob = OVERLAY({ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000 },
			{ .name = "b@1", .base = WINDOW + 0x11000, .size = 0x1000 });
	gva_t at = host_guest_map(blob.at, blob.size);

	(void)state;
	own_at = GVA(0);
	assert_int_equal(by_sysctl(ADD, at, blob.size), 0);
	host_irq_pending = true;
	for (unsigned i = 0; i < 3; i++) /* it pauses before the copy, too */
		assert_int_equal(by_domctl(dom1, ATTACH, at, blob.size), -ERESTART);
	host_irq_pending = false;
	assert_int_equal(by_sysctl(REMOVE, at, blob.size), -EBUSY); /* dom1 has it by now */
	assert_int_equal(by_domctl(dom1, DETACH, at, blob.size), 0);
	assert_int_equal(by_sysctl(REMOVE, at, blob.size), 0);
	free(blob.at);
}

/* Bytes of a good blob changed at random: refused, or added and removable; nothing is lost either way. */
static void test_mutated(void **state)
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 },
			{ .name = "b@1",
					.base = WINDOW + 0x11000,
					.size = 0x200,
					.spi = 51,
					.disabled = true });
	uint8_t *good = malloc(blob.size);
	gva_t at = host_guest_map(blob.at, blob.size);
	unsigned accepted = 0;

	(void)state;
	own_at = GVA(0);
	grow_tree(at, blob.size);
	memcpy(good, blob.at, blob.size);
	for (unsigned i = 0; i < 20000; i++) {
		memcpy(blob.at, good, blob.size);
		for (unsigned n = 1 + env_random(3); n; n--)
			blob.at[env_random((uint32_t)blob.size)] ^= (uint8_t)(1U << env_random(8));
		if (by_sysctl(ADD, at, blob.size))
			continue;
		accepted++;
		(void)by_domctl(dom0, ATTACH, at, blob.size);
		assert_int_equal(by_sysctl(REMOVE, at, blob.size), 0);
		assert_int_equal(tree.overlay_count, 0);
	}
	assert_in_range(accepted, 100, 19000);
	free(good);
	free(blob.at);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_life),
		TEST(test_arguments),
		TEST(test_list),
		TEST(test_tree),
		TEST(test_device),
		TEST(test_plan),
		TEST(test_pauses),
		TEST(test_guest_dies_meanwhile),
		TEST(test_left_while_it_is_copied),
		TEST(test_another_request),
		TEST(test_mutated),
	};

	return cmocka_run_group_tests_name("overlay_op", tests, NULL, NULL);
}
