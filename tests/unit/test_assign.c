/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose devices are: claims of the boot tree, every rule, each transition of an overlay. Numbers are rows of the
 * list of what others get wrong.
 */
#include "tests/unit/assign_env.h"

#define DEV(at, bytes, ...)                                                                        \
	{ .name = "dev@1", .base = WINDOW + (at), .size = (bytes), .spi = __VA_ARGS__ }

/* Added, refused, removed. */
static void refuse_device(struct domain *d, struct device dev, int error, const char *words)
{
	struct blob blob = OVERLAY(dev);

	assert_int_equal(add(blob), 0);
	refuse(d, blob, error, words);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_boot_claims(void **state)
{
	const struct claim *claim;

	(void)state;
	assert_true(sees(dom0, WINDOW + 0x1000));
	assert_true(sees(dom0, WINDOW + 0x3000));
	assert_true(sees(dom0, 0x20000000 + MIB(2)));
	assert_false(sees(dom0, WINDOW + 0x4000)); /* disabled: nobody's */
	assert_false(sees(dom0, 0x9000000));
	assert_false(sees(dom0, GICD));
	assert_ptr_equal(irq_owner(SPI_BOOT), dom0);
	assert_null(irq_owner(SPI_OF_UART));
	assert_null(ledger_find(RESOURCE_MMIO, (WINDOW + 0x4000) >> PAGE_SHIFT));
	claim = ledger_find(RESOURCE_MMIO, GICD >> PAGE_SHIFT);
	assert_non_null(claim);
	assert_null(claim->owner);
	claim = ledger_find(RESOURCE_SPI, SPI_BOOT);
	assert_ptr_equal(claim->owner, dom0);
	assert_string_equal(claim->node->name, "serial@a001000");
}

static void test_attach_and_remove(void **state) /* 4, 5 */
{
	struct blob blob = OVERLAY(DEV(0x10000, 0x2000, 50, .edge = true));

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(add(blob), 0);
		assert_false(sees(dom0, WINDOW + 0x10000));
		assert_int_equal(attach(dom0, blob), 0);
		assert_true(sees(dom0, WINDOW + 0x10000));
		assert_true(sees(dom0, WINDOW + 0x11000));
		assert_false(sees(dom0, WINDOW + 0x12000));
		assert_ptr_equal(irq_owner(50), dom0);
		assert_true(host_routes[50].edge);
		assert_int_equal(removes(blob), 0);
		assert_false(sees(dom0, WINDOW + 0x10000));
		assert_null(irq_owner(50));
	}
	free(blob.at);
}

static void test_detach(void **state) /* 3 */
{
	struct blob blob = OVERLAY(DEV(0x10000, 0x1000, 50));

	(void)state;
	assert_int_equal(add(blob), 0);
	assert_int_equal(detach(dom1, blob), -ENOENT);
	assert_int_equal(attach(dom1, blob), 0);
	assert_int_equal(detach(dom0, blob), -ENOENT);
	assert_why("not attached to d0");
	assert_int_equal(detach(dom1, blob), 0);
	assert_false(sees(dom1, WINDOW + 0x10000));
	assert_int_equal(attach(dom0, blob), 0); /* to another at once */
	assert_true(sees(dom0, WINDOW + 0x10000));
	assert_int_equal(detach(dom0, blob), 0);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_twice(void **state) /* 14 */
{
	struct blob blob = OVERLAY(DEV(0x10000, 0x1000, 50));

	(void)state;
	assert_int_equal(attach(dom0, blob), -ENOENT);
	assert_int_equal(removes(blob), -ENOENT);
	assert_int_equal(detach(dom0, blob), -ENOENT);
	assert_int_equal(add(blob), 0);
	assert_int_equal(add(blob), -EEXIST);
	assert_int_equal(attach(dom1, blob), 0);
	refuse(dom1, blob, -EEXIST, "already");
	refuse(dom0, blob, -EBUSY, "attached to d1");
	assert_int_equal(removes(blob), -EBUSY); /* 17 */
	assert_why("d1 holds");
	assert_true(sees(dom1, WINDOW + 0x10000));
	assert_int_equal(detach(dom1, blob), 0);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_not_to_be_had(void **state) /* 12 */
{
	(void)state;
	refuse_device(dom0, (struct device){ .name = "a@1", .base = GICD, .size = 0x1000 }, -EBUSY,
			"owned by Graft (/intc@8000000)");
	refuse_device(dom0,
			(struct device){ .name = "a@1", .base = HOST_RAM_BASE + 0x5000, .size = 8 },
			-EBUSY, "memory");
	refuse_device(dom0, (struct device){ .name = "a@1", .base = 0x9000000, .size = 4 }, -EBUSY,
			"owned by Graft (/uart@9000000)");
	refuse_device(dom1, (struct device){ .name = "a@1", .base = WINDOW + 0x1800, .size = 4 },
			-EBUSY, "owned by d0");
	refuse_device(dom1, (struct device)DEV(0x10000, 16, SPI_BOOT), -EBUSY,
			"interrupt 34: owned by d0");
	refuse_device(dom0, (struct device)DEV(0x10000, 16, SPI_OF_UART, .edge = true), -EBUSY,
			"interrupt 33");
	/* Across the border of what is free, both ways. */
	refuse_device(dom0, (struct device){ .name = "a@1", .base = GICD - 0x1000, .size = 0x1001 },
			-EBUSY, "Graft");
	refuse_device(dom0, (struct device){ .name = "a@1", .base = GICD + 0xffff, .size = 0x1000 },
			-EBUSY, "Graft");
	refuse_device(dom0, (struct device){ .name = "a@1", .base = HOST_RAM_BASE - 1, .size = 2 },
			-EBUSY, "memory");
}

static void test_malformed(void **state)
{
	(void)state;
	refuse_device(dom0, (struct device){ .name = "a@1", .base = BIT(52), .size = 0x1000 },
			-EINVAL, "address-space");
	refuse_device(dom0, (struct device){ .name = "a@1", .base = GIB(1023), .size = GIB(4) },
			-EINVAL, "address-space");
	refuse_device(dom0, (struct device){ .name = "a@1", .base = UINT64_MAX - 4, .size = 4 },
			-EINVAL, "address-space");
	refuse_device(dom0, (struct device)DEV(0x10000, 16, 27), -EINVAL, "private to each CPU");
	refuse_device(dom0, (struct device)DEV(0x10000, 16, SPI_BOOT, .edge = true), -EINVAL,
			"one-trigger");
	host_spi_count = 64;
	refuse_device(dom0, (struct device)DEV(0x10000, 16, 100), -EINVAL, "no such interrupt");
	host_spi_count = 988;
}

static void test_pages_are_shared_by_one_owner_only(void **state) /* 21 */
{
	struct blob one = OVERLAY({ .name = "a@1",
			.base = WINDOW + 0x3e00,
			.size = 0x400,
			.spi = 60 }); /* crosses into the next page */
	struct blob two = OVERLAY(
			{ .name = "b@1", .base = WINDOW + 0x4800, .size = 0x100, .spi = 61 });

	(void)state;
	assert_int_equal(add(one), 0);
	assert_int_equal(add(two), 0);
	refuse(dom1, one, -EBUSY, "shares a page of 4 KiB with /slot@a003000");
	assert_int_equal(attach(dom0, one), 0);
	assert_true(sees(dom0, WINDOW + 0x4000));
	refuse(dom1, two, -EBUSY, "shares a page of 4 KiB with /a@1");
	assert_int_equal(attach(dom0, two), 0);
	assert_int_equal(detach(dom0, one), 0);
	assert_true(sees(dom0, WINDOW + 0x3000)); /* still the boot device's */
	assert_true(sees(dom0, WINDOW + 0x4000)); /* still the other's */
	assert_int_equal(detach(dom0, two), 0);
	assert_true(sees(dom0, WINDOW + 0x3000));
	assert_false(sees(dom0, WINDOW + 0x4000));
	assert_int_equal(attach(dom1, two), 0);
	refuse(dom0, one, -EBUSY, "shares a page");
	assert_int_equal(detach(dom1, two), 0);
	assert_int_equal(removes(one), 0);
	assert_int_equal(removes(two), 0);
	free(one.at);
	free(two.at);
}

static void test_all_interrupts_come_back(void **state) /* 20 */
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 },
			{ .name = "b@1", .base = WINDOW + 0x11000, .size = 0x1000, .spi = 51 },
			{ .name = "c@1", .base = WINDOW + 0x12000, .size = 0x1000, .spi = 50 });

	(void)state;
	assert_int_equal(add(blob), 0);
	assert_int_equal(attach(dom0, blob), 0);
	assert_ptr_equal(irq_owner(50), dom0);
	assert_ptr_equal(irq_owner(51), dom0);
	assert_int_equal(removes(blob), 0);
	assert_null(irq_owner(50));
	assert_null(irq_owner(51));
	free(blob.at);
}

static void test_disabled(void **state) /* 22 */
{
	struct blob blob = OVERLAY({ .name = "a@1",
						   .base = WINDOW + 0x10000,
						   .size = 0x1000,
						   .spi = 50,
						   .disabled = true },
			{ .name = "b@1", .base = WINDOW + 0x11000, .size = 0x1000, .spi = 51 });

	(void)state;
	assert_int_equal(add(blob), 0);
	assert_int_equal(attach(dom0, blob), 0);
	assert_int_equal(attachments_first->disabled, 1);
	assert_false(sees(dom0, WINDOW + 0x10000));
	assert_null(irq_owner(50));
	assert_true(sees(dom0, WINDOW + 0x11000));
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_children(void **state) /* 11 */
{
	static const struct device parent = {
		.name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50
	};
	static const struct device child = {
		.name = "b@1", .base = WINDOW + 0x11000, .size = 0x1000, .spi = 51
	};
	static const struct device off = {
		.name = "c@1", .base = WINDOW + 0x12000, .size = 0x1000, .spi = 52, .disabled = true
	};
	struct dtb_writer *w = overlay_begin("/");
	struct blob blob;

	(void)state;
	begin_device(w, &parent);
	write_device(w, &child);
	begin_device(w, &off);
	write_device(w, &(struct device){ .name = "d@1",
					.base = WINDOW + 0x13000,
					.size = 0x1000,
					.spi = 53 });
	dtb_end_node(w);
	dtb_end_node(w);
	blob = overlay_end();
	assert_int_equal(add(blob), 0);
	assert_int_equal(attach(dom0, blob), 0);
	assert_true(sees(dom0, WINDOW + 0x10000));
	assert_true(sees(dom0, WINDOW + 0x11000));
	assert_ptr_equal(irq_owner(51), dom0);
	assert_false(sees(dom0, WINDOW + 0x12000));
	assert_false(sees(dom0, WINDOW + 0x13000));
	assert_null(irq_owner(53));
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_enabling_a_boot_device(void **state) /* 8 */
{
	struct dtb_writer *w = overlay_begin("/off@a004000");
	struct blob blob;

	(void)state;
	dtb_write_string(w, "status", "okay");
	blob = overlay_end();
	assert_int_equal(add(blob), 0);
	assert_int_equal(attach(dom1, blob), 0);
	assert_true(sees(dom1, WINDOW + 0x4000));
	assert_ptr_equal(irq_owner(41), dom1);
	assert_int_equal(detach(dom1, blob), 0);
	assert_int_equal(attach(dom0, blob), 0);
	assert_int_equal(removes(blob), 0);
	assert_false(sees(dom0, WINDOW + 0x4000));
	assert_false(dt_is_enabled(&tree, dt_node_at(&tree, "/off@a004000")));
	free(blob.at);
}

static void test_overlay_on_another(void **state) /* 6, 9 */
{
	struct blob below = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	struct device child = {
		.name = "b@1", .base = WINDOW + 0x11000, .size = 0x1000, .spi = 51
	};
	struct blob above = overlay_of("/a@1", &child, 1);

	(void)state;
	assert_int_equal(add(above), -ENOENT);
	assert_int_equal(add(below), 0);
	assert_int_equal(add(above), 0);
	assert_int_equal(attach(dom0, below), 0);
	assert_false(sees(dom0, WINDOW + 0x11000)); /* came with the other */
	assert_int_equal(attach(dom1, above), 0);
	assert_int_equal(removes(below), -EBUSY);
	assert_true(sees(dom0, WINDOW + 0x10000)); /* nothing was taken on the way */
	assert_int_equal(detach(dom1, above), 0);
	assert_int_equal(removes(above), 0);
	assert_int_equal(removes(below), 0);
	free(below.at);
	free(above.at);
}

static struct blob labelled(const char *node, const char *label)
{
	struct dtb_writer *w = overlay_begin("/");
	char path[64];

	dtb_begin_node(w, node);
	dtb_write_u32(w, "phandle", 1);
	dtb_end_node(w);
	dtb_end_node(w);
	dtb_end_node(w);
	snprintf(path, sizeof(path), "/fragment@0/__overlay__/%s", node);
	dtb_begin_node(w, "__symbols__");
	dtb_write_string(w, label, path);
	dtb_end_node(w);
	dtb_end_node(w);
	return blob_done();
}

static void test_labels_make_nobody_wait(void **state) /* 7: on a base without labels, too */
{
	struct blob one = labelled("a@1", "one"), two = labelled("b@1", "two");

	(void)state;
	assert_int_equal(add(one), 0);
	assert_int_equal(add(two), 0);
	assert_int_equal(removes(one), 0);
	assert_non_null(dt_node_of_label(&tree, "two"));
	assert_int_equal(add(one), 0);
	assert_int_equal(removes(two), 0);
	assert_int_equal(removes(one), 0);
	assert_int_equal(dt_tree_add_labels(&tree), 0); /* once is enough */
	free(one.at);
	free(two.at);
}

static void test_without_iommu(void **state) /* 13 */
{
	(void)state;
	refuse_device(dom2, (struct device)DEV(0x10000, 0x1000, 50), -EXDEV,
			"xen,force-assign-without-iommu");
	refuse_device(dom2, (struct device)DEV(0x10000, 0x1000, 50, .forced = true), -EINVAL,
			"xen,reg");
}

static void test_behind_an_iommu(void **state)
{
	struct blob blob = OVERLAY(DEV(0x10000, 0x1000, 50, .streams = 5));
	struct blob other = OVERLAY({ .name = "b@1",
			.base = WINDOW + 0x11000,
			.size = 0x1000,
			.spi = 51,
			.streams = 5 });

	(void)state;
	assert_int_equal(add(blob), 0);
	assert_int_equal(add(other), 0);
	assert_int_equal(attach(dom0, blob), 0);
	assert_ptr_equal(ledger_find(RESOURCE_STREAM, UINT64_C(2) << 32 | 5)->owner, dom0);
	refuse(dom1, other, -EBUSY, "DMA stream 0x5: owned by d0");
	assert_int_equal(removes(blob), 0);
	assert_null(ledger_find(RESOURCE_STREAM, UINT64_C(2) << 32 | 5));
	assert_int_equal(removes(other), 0);
	free(blob.at);
	free(other.at);
}

static void test_fails_in_the_middle(void **state) /* 15 */
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 },
			{ .name = "b@1", .base = GICD, .size = 0x1000, .spi = 51 });

	(void)state;
	assert_int_equal(add(blob), 0);
	refuse(dom0, blob, -EBUSY, "owned by Graft");
	assert_false(sees(dom0, WINDOW + 0x10000));
	assert_null(irq_owner(50));
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_death(void **state) /* 18 */
{
	struct blob one = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	struct blob two = OVERLAY(
			{ .name = "b@1", .base = WINDOW + 0x11000, .size = 0x1000, .spi = 51 });

	(void)state;
	assert_int_equal(add(one), 0);
	assert_int_equal(add(two), 0);
	assert_int_equal(attach(dom1, one), 0);
	assert_int_equal(attach(dom1, two), 0);
	dom1->dying = DOMAIN_DYING;
	while (on_kill(dom1) == -ERESTART)
		;
	assert_false(sees(dom1, WINDOW + 0x10000));
	assert_null(irq_owner(50));
	assert_null(irq_owner(51));
	refuse(dom1, one, -EINVAL, "being destroyed");
	assert_int_equal(attach(dom0, one), 0);
	assert_int_equal(removes(one), 0);
	assert_int_equal(removes(two), 0);
	free(one.at);
	free(two.at);
}

static void test_inside_a_large_window(void **state)
{
	/* The bus is mapped in blocks of 2 MiB: a page inside comes and goes without touching it. */
	struct blob inside = OVERLAY(
			{ .name = "a@1", .base = 0x20000000 + MIB(1), .size = 0x1000, .spi = 50 });
	struct blob across = OVERLAY(
			{ .name = "b@1", .base = 0x20000000 + MIB(3), .size = MIB(2), .spi = 51 });

	(void)state;
	assert_int_equal(add(inside), 0);
	assert_int_equal(add(across), 0);
	assert_int_equal(attach(dom0, inside), 0);
	assert_int_equal(attach(dom0, across), 0);
	assert_true(sees(dom0, 0x20000000 + MIB(5) - 0x1000));
	assert_int_equal(detach(dom0, inside), 0);
	assert_true(sees(dom0, 0x20000000 + MIB(1)));
	assert_int_equal(removes(across), 0);
	assert_true(sees(dom0, 0x20000000 + MIB(4) - 0x1000));
	assert_false(sees(dom0, 0x20000000 + MIB(4)));
	assert_int_equal(removes(inside), 0);
	free(inside.at);
	free(across.at);
}

/* What a bus's ranges take over the end of memory is not at its beginning. */
static void test_ranges_over_the_end(void **state)
{
	static const uint32_t ranges[] = { 0, 0, UINT32_MAX, 0xfffff000, 0, 0x2000 };
	struct dtb_writer *w = overlay_begin("/");
	struct blob blob;

	(void)state;
	dtb_begin_node(w, "bus");
	dtb_write_u32(w, "#address-cells", 2);
	dtb_write_u32(w, "#size-cells", 2);
	dtb_write_cells(w, "ranges", ranges, ARRAY_SIZE(ranges));
	dtb_begin_node(w, "dev@1000");
	write_reg(w, 0x1000, 0x1000);
	dtb_end_node(w);
	dtb_end_node(w);
	blob = overlay_end();
	assert_int_equal(add(blob), 0);
	assert_int_equal(attach(dom0, blob), -EINVAL);
	assert_why("/bus/dev@1000: ranges in /bus take 0x1000 over the end of memory");
	assert_false(sees(dom0, 0));
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

/* No ledger knows yet what the same overlay brings. */
static void test_trigger_in_one_overlay(void **state)
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 8, .spi = 50 },
			{ .name = "b@1", .base = WINDOW + 0x11000, .size = 8, .spi = 50 },
			{ .name = "c@1",
					.base = WINDOW + 0x12000,
					.size = 8,
					.spi = 50,
					.edge = true });
	struct blob level = OVERLAY(
			{ .name = "d@1", .base = WINDOW + 0x10000, .size = 8, .spi = 50 },
			{ .name = "e@1", .base = WINDOW + 0x11000, .size = 8, .spi = 50 });

	(void)state;
	assert_int_equal(add(blob), 0);
	refuse(dom0, blob, -EINVAL, "/c@1: interrupt 50: edge triggered, but /");
	assert_why("has it as level triggered [rule one-trigger]");
	assert_int_equal(removes(blob), 0);
	assert_int_equal(add(level), 0);
	assert_int_equal(attach(dom0, level), 0);
	assert_int_equal(removes(level), 0);
	free(blob.at);
	free(level.at);
}

/* GIC binding: for SPIs a falling edge and a low level do not exist, nor do two at once. */
static void test_impossible_triggers(void **state)
{
	static const unsigned impossible[] = { 2, 3, 8, 12, 5 };
	struct blob blob = OVERLAY(DEV(0x10000, 8, 50, .trigger = 0x104));

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(impossible); i++)
		refuse_device(dom0, (struct device)DEV(0x10000, 8, 50, .trigger = impossible[i]),
				-EINVAL, "by a rising edge (1) or a high level (4) alone");
	/* Bits above the flags are the CPUs of a PPI, which mean nothing here. */
	assert_int_equal(add(blob), 0);
	assert_int_equal(attach(dom0, blob), 0);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_guest_address_taken(void **state)
{
	(void)state;
	assert_int_equal(p2m_map(dom0, IPA(WINDOW + 0x10000), PADDR(HOST_RAM_BASE), 1, P2M_RAM), 0);
	refuse_device(dom0, (struct device)DEV(0x10000, 0x1000, 50), -EBUSY, "has something else");
	assert_int_equal(p2m_unmap(dom0, IPA(WINDOW + 0x10000), 1), 0);
}

static void test_failing_adds(void **state) /* 16 */
{
	struct device dev = { .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 };
	struct blob blob = overlay_of("/nowhere", &dev, 1);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		size_t heap = heap_bytes_used();

		assert_int_equal(add(blob), -ENOENT);
		assert_why("/nowhere");
		assert_int_equal(heap_bytes_used(), heap);
	}
	free(blob.at);
}

static void test_dry_runs(void **state) /* 28 */
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	char text[512] = "";
	struct report report = { text, sizeof(text) - 1, 0 };
	struct dt_overlay *overlay;
	unsigned generation = tree.generation;

	(void)state;
	assert_int_equal(overlays_begin(blob.size, &overlay, &why), 0);
	memcpy(overlay->blob, blob.at, blob.size);
	assert_int_equal(overlays_plan_add(overlay, &report, &why), 0);
	assert_string_equal(text, "add node /a@1\n");
	assert_int_equal(tree.generation, generation);
	assert_int_equal(add(blob), 0);
	report.length = 0;
	assert_int_equal(overlays_plan_attach(dom0, blob.at, blob.size, &report, &why), 0);
	text[report.length] = '\0';
	assert_non_null(strstr(text, "give d0 registers 0xa010000 (0x1000 bytes) of /a@1\n"));
	assert_non_null(strstr(text, "give d0 interrupt 50 of /a@1\n"));
	assert_false(sees(dom0, WINDOW + 0x10000));
	assert_int_equal(attach(dom0, blob), 0);
	report = (struct report){ text, 40, 0 };
	assert_int_equal(overlays_plan_remove(blob.at, blob.size, &report, &why), 0);
	assert_true(report.length > 40);
	assert_int_equal(overlays_plan_detach(dom1, blob.at, blob.size, &report, &why), -ENOENT);
	assert_true(sees(dom0, WINDOW + 0x10000));
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

static void test_owners(void **state)
{
	struct blob blob = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50 });
	struct device_owner owner = overlays_owner_of(dt_node_at(&tree, "/serial@a001000"));

	(void)state;
	assert_ptr_equal(owner.claim->owner, dom0);
	assert_int_equal(owner.ranges, 1);
	assert_int_equal(owner.interrupts, 1);
	assert_false(owner.shared);
	assert_null(overlays_owner_of(dt_node_at(&tree, "/intc@8000000")).claim->owner);
	assert_null(overlays_owner_of(dt_node_at(&tree, "/off@a004000")).claim);
	assert_int_equal(add(blob), 0);
	assert_null(overlays_owner_of(dt_node_at(&tree, "/a@1")).claim);
	assert_int_equal(attach(dom1, blob), 0);
	assert_ptr_equal(overlays_owner_of(dt_node_at(&tree, "/a@1")).claim->owner, dom1);
	assert_int_equal(detach(dom1, blob), 0);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, env_set_up, env_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_boot_claims),
		TEST(test_attach_and_remove),
		TEST(test_detach),
		TEST(test_twice),
		TEST(test_not_to_be_had),
		TEST(test_malformed),
		TEST(test_pages_are_shared_by_one_owner_only),
		TEST(test_all_interrupts_come_back),
		TEST(test_disabled),
		TEST(test_children),
		TEST(test_enabling_a_boot_device),
		TEST(test_overlay_on_another),
		TEST(test_labels_make_nobody_wait),
		TEST(test_without_iommu),
		TEST(test_behind_an_iommu),
		TEST(test_fails_in_the_middle),
		TEST(test_death),
		TEST(test_inside_a_large_window),
		TEST(test_trigger_in_one_overlay),
		TEST(test_impossible_triggers),
		TEST(test_ranges_over_the_end),
		TEST(test_guest_address_taken),
		TEST(test_failing_adds),
		TEST(test_dry_runs),
		TEST(test_owners),
	};

	return cmocka_run_group_tests_name("assign", tests, NULL, NULL);
}
