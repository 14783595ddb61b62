/* SPDX-License-Identifier: Apache-2.0 */
/*
 * However large or odd an overlay is, its operations are never far from a point where they make way for
 * interrupts; and however large the boot tree is, it takes few steps to give something of it by number.
 * Distance is counted in basic blocks: the build has every one of them call the counter below.
 */
#include "tests/unit/assign_env.h"

#include <arch/guest.h>

#include "arch/host/fake.h"
#include "assign/passthrough.h"
#include "hypercall/domctl.h"
#include "hypercall/graft_sysctl.h"
#include "hypercall/sysctl.h"

/* Three to six instructions each, so at most some tens of microseconds. */
#define BLOCKS_MAX 8000

static unsigned long blocks, farthest;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

static void note_pause(void)
{
	farthest = MAX(farthest, blocks);
	blocks = 0;
}

static struct vcpu vcpu;

static int set_up(void **state)
{
	host_cpus_reset(1, NS_PER_S);
	host_guest_reset();
	env_ram_size = MIB(256);
	blob_room = DT_BLOB_MAX;
	env_set_up(state);
	dom0->config.privileged = true;
	vcpu.domain = dom0;
	cpus[0].current = &vcpu;
	host_irq_hook = note_pause;
	return 0;
}

static int tear_down(void **state)
{
	host_irq_hook = NULL;
	env_heap_at_start = heap_bytes_used(); /* tables that grew */
	return env_tear_down(state);
}

enum op { ADD, ATTACH, DETACH, REMOVE };

static int ask(enum op op, gva_t at, size_t size)
{
	struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_dt_overlay };
	struct xen_domctl domctl = { .cmd = XEN_DOMCTL_dt_overlay };

	sysctl.u.dt_overlay.overlay_fdt.q = domctl.u.dt_overlay.overlay_fdt.q = at.v;
	sysctl.u.dt_overlay.overlay_fdt_size = (uint32_t)size;
	domctl.u.dt_overlay.overlay_fdt_size = (uint32_t)size;
	sysctl.u.dt_overlay.overlay_op =
			op == ADD ? XEN_SYSCTL_DT_OVERLAY_ADD : XEN_SYSCTL_DT_OVERLAY_REMOVE;
	domctl.u.dt_overlay.overlay_op = op == ATTACH ? XEN_DOMCTL_DT_OVERLAY_ATTACH
	                                              : GRAFT_DOMCTL_DT_OVERLAY_DETACH;
	return op == ADD || op == REMOVE ? sysctl_dt_overlay(&sysctl)
	                                 : domctl_dt_overlay(dom0, &domctl);
}

/* Does it, and sees that it made way often enough. */
static void paced(enum op op, struct blob blob, gva_t at, int result)
{
	static const char *const names[] = { "add", "attach", "detach", "remove" };

	blocks = farthest = 0;
	assert_int_equal(ask(op, at, blob.size), result);
	note_pause();
	if (farthest > BLOCKS_MAX)
		fail_msg("%s: %lu blocks without a pause", names[op], farthest);
}

static void life(struct blob blob, bool attach)
{
	gva_t at = host_guest_map(blob.at, blob.size);

	paced(ADD, blob, at, 0);
	if (attach) {
		paced(ATTACH, blob, at, 0);
		paced(DETACH, blob, at, 0);
		paced(ATTACH, blob, at, 0);
	}
	paced(REMOVE, blob, at, 0);
	paced(ADD, blob, at, 0);
	paced(ADD, blob, at, -EEXIST);
	paced(REMOVE, blob, at, 0);
	host_guest_unmap(at);
	free(blob.at);
}

static void refused(struct blob blob, int error)
{
	gva_t at = host_guest_map(blob.at, blob.size);

	paced(ADD, blob, at, error);
	paced(REMOVE, blob, at, -ENOENT);
	host_guest_unmap(at);
	free(blob.at);
}

static void test_devices(void **state)
{
	struct dtb_writer *w = overlay_begin("/");
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 4800; i++) {
		snprintf(name, sizeof(name), "d%u@1", i);
		write_device(w, &(struct device){ .name = name,
						.base = WINDOW + 0x10000 + i * PAGE_SIZE,
						.size = PAGE_SIZE,
						.spi = i < 800 ? 100 + i : 0 });
	}
	life(overlay_end(), true);
}

static void test_one_device_of_many_ranges(void **state)
{
	struct dtb_writer *w = overlay_begin("/");
	static uint32_t cells[4 * 10000];

	(void)state;
	for (uint32_t i = 0; i < 10000; i++) {
		cells[4 * i + 1] = 0x80000000 + i * 0x2000;
		cells[4 * i + 3] = 0x1000;
	}
	dtb_begin_node(w, "d@1");
	dtb_write_cells(w, "reg", cells, ARRAY_SIZE(cells));
	dtb_end_node(w);
	life(overlay_end(), true);
}

/* The last entry is the one. */
static void test_behind_a_bus_of_many_ranges(void **state)
{
	enum { MANY = 60000 };
	struct dtb_writer *w = overlay_begin("/");
	static uint32_t cells[4 * MANY];

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		cells[4 * i] = i * PAGE_SIZE;
		cells[4 * i + 2] = 0x80000000;
		cells[4 * i + 3] = PAGE_SIZE;
	}
	dtb_begin_node(w, "bus");
	dtb_write_u32(w, "#address-cells", 1);
	dtb_write_u32(w, "#size-cells", 1);
	dtb_write_cells(w, "ranges", cells, ARRAY_SIZE(cells));
	dtb_begin_node(w, "d@1");
	dtb_write_cells(w, "reg", (uint32_t[]){ (MANY - 1) * PAGE_SIZE, PAGE_SIZE }, 2);
	dtb_end_node(w);
	dtb_end_node(w);
	life(overlay_end(), true);
}

static void test_empty_nodes(void **state)
{
	struct dtb_writer *w = overlay_begin("/");
	char name[16];

	(void)state;
	for (unsigned i = 0; i < 60000; i++) {
		snprintf(name, sizeof(name), "%x", i);
		dtb_begin_node(w, name);
		dtb_end_node(w);
	}
	life(overlay_end(), true);
}

static void write_properties(struct dtb_writer *w, unsigned count)
{
	char name[16];

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "%x", i);
		dtb_write_flag(w, name);
	}
}

static void test_properties(void **state)
{
	struct dtb_writer *w = overlay_begin("/");

	(void)state;
	dtb_begin_node(w, "d@1");
	write_properties(w, 50000);
	dtb_end_node(w);
	life(overlay_end(), true);
}

/* Each a change of its own. */
static void test_properties_of_a_node_that_is_there(void **state)
{
	(void)state;
	write_properties(overlay_begin("/serial@a001000"), 50000);
	life(overlay_end(), false);
}

static void begin_node_of(struct dtb_writer *w, const char *name)
{
	dtb_begin_node(w, "fragment@0");
	dtb_write_string(w, "target-path", "/");
	dtb_begin_node(w, "__overlay__");
	dtb_begin_node(w, name);
	dtb_write_u32(w, "phandle", 1);
}

static void end_nodes(struct dtb_writer *w, unsigned count)
{
	while (count--)
		dtb_end_node(w);
}

static void test_local_references(void **state)
{
	static uint32_t offsets[100000];
	struct dtb_writer *w = blob_begin();
	uint8_t *refs;

	(void)state;
	begin_node_of(w, "d@1");
	refs = dtb_write_space(w, "refs", sizeof(offsets));
	for (uint32_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		refs[4 * i + 3] = 1;
		offsets[i] = 4 * i;
	}
	end_nodes(w, 3);
	dtb_begin_node(w, "__local_fixups__");
	dtb_begin_node(w, "fragment@0");
	dtb_begin_node(w, "__overlay__");
	dtb_begin_node(w, "d@1");
	dtb_write_cells(w, "refs", offsets, ARRAY_SIZE(offsets));
	end_nodes(w, 5);
	life(blob_done(), false);
}

/* Labels: a table of them first, then an overlay that asks for one again and again. */
static void test_labels(void **state)
{
	struct dtb_writer *w = blob_begin();
	char name[16], *place, *text = malloc(DT_BLOB_MAX);
	struct blob labels;
	gva_t at;

	(void)state;
	begin_node_of(w, "d@1");
	end_nodes(w, 3);
	dtb_begin_node(w, "__symbols__");
	for (unsigned i = 0; i < 18000; i++) {
		snprintf(name, sizeof(name), "l%x", i);
		dtb_write_string(w, name, "/fragment@0/__overlay__/d@1");
	}
	end_nodes(w, 2);
	labels = blob_done();
	at = host_guest_map(labels.at, labels.size);
	paced(ADD, labels, at, 0);

	place = text;
	for (unsigned i = 0; i < 22000; i++)
		place += sprintf(place, "/fragment@0/__overlay__/e@1:refs:%u", 4 * i) + 1;
	w = blob_begin();
	begin_node_of(w, "e@1");
	memset(dtb_write_space(w, "refs", 4 * 22000), 0, 4 * 22000);
	end_nodes(w, 3);
	dtb_begin_node(w, "__fixups__");
	dtb_write_prop(w, "l1", text, (size_t)(place - text));
	end_nodes(w, 2);
	life(blob_done(), false);
	paced(REMOVE, labels, at, 0);
	host_guest_unmap(at);
	free(labels.at);
	free(text);
}

static struct blob blob_of_zeroes(size_t structure, size_t strings)
{
	struct blob blob = { .at = calloc(1, DT_BLOB_MAX), .size = DT_BLOB_MAX };
	uint32_t head[] = { 0xd00dfeed, DT_BLOB_MAX, 56, 56 + (uint32_t)structure, 40, 17, 16, 0,
		(uint32_t)strings, (uint32_t)structure };

	for (size_t i = 0; i < ARRAY_SIZE(head); i++)
		head[i] = __builtin_bswap32(head[i]);
	memcpy(blob.at, head, sizeof(head));
	return blob;
}

static void test_malformed(void **state)
{
	struct blob blob = blob_of_zeroes(16, DT_BLOB_MAX - 72);

	(void)state;
	refused(blob, -EINVAL); /* strings, then no tree */
	blob = blob_of_zeroes(DT_BLOB_MAX - 56, 0);
	for (size_t at = 56; at < blob.size; at += 4)
		blob.at[at + 3] = 4;
	refused(blob, -EINVAL); /* tokens that mean nothing */
	blob = blob_of_zeroes(DT_BLOB_MAX - 56, 0);
	memset(blob.at + 56, 'a', DT_BLOB_MAX - 56);
	memcpy(blob.at + 56, "\0\0\0\1", 4);
	refused(blob, -E2BIG); /* a name without end */
}

#define IDLE_DEVICES 3000U

static int set_up_large_tree(void **state)
{
	env_idle_devices = IDLE_DEVICES;
	return set_up(state);
}

static int tear_down_large_tree(void **state)
{
	env_idle_devices = 0;
	return tear_down(state);
}

static void few_blocks(int result, int expected)
{
	assert_int_equal(result, expected);
	if (blocks > BLOCKS_MAX)
		fail_msg("%lu blocks without a pause", blocks);
	blocks = 0;
}

/* There is no pause at all in these: what nobody owns is found without a look at every node. */
static void test_by_number_in_a_large_tree(void **state)
{
	uint64_t last = (IDLE >> PAGE_SHIFT) + IDLE_DEVICES - 1;

	(void)state;
	blocks = 0;
	few_blocks(passthrough_give_registers(dom2, last, 1, &why), 0);
	few_blocks(passthrough_give_registers(dom3, last - 2, 2, &why), 0);
	few_blocks(passthrough_give_registers(dom2, last - 1, 2, &why), -EBUSY);
	few_blocks(passthrough_give_registers(dom2, last + 1, 1, &why), -EPERM);
	few_blocks(passthrough_give_interrupt(dom2, SPI_IDLE, true, &why), 0);
	assert_true(host_routes[SPI_IDLE].edge);
	assert_string_equal(ledger_find(RESOURCE_MMIO, last - 1)->node->name, "idle@bbb6000");
	few_blocks(passthrough_take_registers(dom2, last, 1, &why), 0);
	few_blocks(passthrough_take_registers(dom3, last - 2, 2, &why), 0);
	few_blocks(passthrough_take_interrupt(dom2, SPI_IDLE, &why), 0);
	few_blocks(passthrough_give_registers(dom3, last, 1, &why), 0);
	few_blocks(passthrough_take_registers(dom3, last, 1, &why), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_devices),
		TEST(test_one_device_of_many_ranges),
		TEST(test_behind_a_bus_of_many_ranges),
		TEST(test_empty_nodes),
		TEST(test_properties),
		TEST(test_properties_of_a_node_that_is_there),
		TEST(test_local_references),
		TEST(test_labels),
		TEST(test_malformed),
		cmocka_unit_test_setup_teardown(test_by_number_in_a_large_tree, set_up_large_tree,
				tear_down_large_tree),
	};

	return cmocka_run_group_tests_name("overlay_pauses", tests, NULL, NULL);
}
