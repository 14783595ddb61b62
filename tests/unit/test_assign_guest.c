/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices attached by a blob made for the guest: how nodes are matched, each wrong blob, several overlays and
 * several domains. Numbers are rows of the list of what others get wrong.
 */
#include "tests/unit/assign_guest_uart.h"

/* With the host's overlay in the tree, and nothing attached. */
static void refuse_guest(struct guest_device dev, int error, const char *words)
{
	struct blob blob = guest_of(&dev, 1);

	add_host();
	refuse(dom2, blob, error, words);
	assert_null(attachments_first);
	drop_host();
	free(blob.at);
}

static void test_matching(void **state) /* 1, 2, 3 */
{
	static const struct device bus = { .name = "bus@1" };
	static const struct device deep = {
		.name = "deep@a020000", .base = WINDOW + 0x20000, .size = 0x1000, .spi = 60
	};
	struct blob blob;
	struct dtb_writer *w;

	(void)state;
	add_host();
	attach_and_detach(GUEST_BLOB(GUEST_UART()));
	attach_and_detach(GUEST_BLOB(GUEST_UART(dev.parent = 0xfde8)));
	attach_and_detach(GUEST_BLOB(GUEST_UART(dev.name = "x@1", dev.path = "/uart@a010000")));
	drop_host();

	w = overlay_begin("/");
	begin_device(w, &bus);
	write_device(w, &deep);
	dtb_end_node(w);
	added = overlay_end();
	assert_int_equal(add(added), 0);
	blob = GUEST_BLOB({ .name = "deep@a020000",
			.base = WINDOW + 0x20000,
			.size = 0x1000,
			.at = GUEST,
			.spi = 60 });
	assert_int_equal(attach(dom2, blob), 0); /* by a name that is there once */
	assert_true(sees_at(dom2, GUEST, WINDOW + 0x20000));
	assert_int_equal(detach(dom2, blob), 0);
	drop_host();
	free(blob.at);
}

/* Each device has the trigger that its own node says: the line cannot have both. */
static void test_trigger_of_two_devices(void **state)
{
	struct blob blob = GUEST_BLOB({ .name = "a@1",
						      .base = WINDOW + 0x20000,
						      .size = 0x1000,
						      .at = GUEST,
						      .spi = 60 },
			{ .name = "b@1",
					.base = WINDOW + 0x21000,
					.size = 0x1000,
					.at = GUEST + 0x1000,
					.spi = 60,
					.edge = true });

	(void)state;
	added = OVERLAY({ .name = "a@1", .base = WINDOW + 0x20000, .size = 0x1000, .spi = 60 },
			{ .name = "b@1",
					.base = WINDOW + 0x21000,
					.size = 0x1000,
					.spi = 60,
					.edge = true });
	assert_int_equal(add(added), 0);
	refuse(dom2, blob, -EINVAL, "interrupt 60: edge triggered, but /a@1");
	drop_host();
	free(blob.at);
}

static void test_ambiguous(void **state)
{
	struct device bus = { .name = "bus@1" };
	struct device deep = {
		.name = "deep@a020000", .base = WINDOW + 0x20000, .size = 0x1000, .spi = 60
	};
	struct dtb_writer *w = overlay_begin("/");
	struct blob blob = { NULL, 0 };

	(void)state;
	begin_device(w, &bus);
	write_device(w, &deep);
	dtb_end_node(w);
	bus.name = "bus@2";
	deep.base = WINDOW + 0x21000;
	begin_device(w, &bus);
	write_device(w, &deep);
	dtb_end_node(w);
	added = overlay_end();
	assert_int_equal(add(added), 0);
	blob = GUEST_BLOB({ .name = "deep@a020000",
			.base = WINDOW + 0x21000,
			.size = 0x1000,
			.at = GUEST });
	refuse(dom2, blob, -EINVAL, "2 nodes of that name: xen,path must say which");
	free(blob.at);
	blob = GUEST_BLOB({ .name = "deep@a020000",
			.path = "/bus@2/deep@a020000",
			.base = WINDOW + 0x21000,
			.size = 0x1000,
			.at = GUEST });
	assert_int_equal(attach(dom2, blob), 0);
	assert_true(sees_at(dom2, GUEST, WINDOW + 0x21000));
	assert_null(irq_owner(60)); /* it does not name it */
	assert_int_equal(detach(dom2, blob), 0);
	free(blob.at);
	drop_host();
}

static void test_wrong_nodes(void **state)
{
	(void)state;
	refuse_guest(GUEST_UART(dev.name = "nothing@1"), -ENOENT,
			"/nothing@1: no overlay in the tree brought it");
	refuse_guest(GUEST_UART(dev.path = "/serial@a001000"), -ENOENT,
			"no overlay in the tree brought /serial@a001000");
	refuse_guest(GUEST_UART(dev.path = "/nowhere"), -ENOENT, "/nowhere");
	refuse_guest((struct guest_device){ .name = "clock" }, -ENOENT, "brought a node of it");
	refuse_guest(GUEST_UART(dev.unforced = true), -EXDEV,
			"xen,force-assign-without-iommu"); /* 13 */
}

static void test_wrong_registers(void **state)
{
	(void)state;
	refuse_guest(GUEST_UART(dev.unplaced = true), -EINVAL, "no xen,reg");
	refuse_guest(GUEST_UART(dev.base = WINDOW + 0x1000), -EPERM, "it has none there");
	refuse_guest(GUEST_UART(dev.size = 0x2000), -EPERM, "more than it has");
	refuse_guest(GUEST_TIMER(dev.size = 0x2001), -EPERM, "more than it has");
	refuse_guest(GUEST_UART(dev.at = GUEST + 0x800), -EINVAL, "not page-aligned");
	refuse_guest(GUEST_UART(dev.at = BIT(48)), -EINVAL, "address space");
	refuse_guest(GUEST_UART(dev.at = UINT64_MAX - 0xfff), -EINVAL, "address space");
	refuse_guest(GUEST_UART(dev.at = GUEST_GICV3_GICD_BASE + 0x8000), -EBUSY,
			"d2 has its interrupt controller");
	refuse_guest(GUEST_UART(dev.at = GUEST_GICV3_GICR0_BASE), -EBUSY,
			"d2 has its interrupt controller");
	refuse_guest(GUEST_TIMER(dev.at = GUEST_GNTTAB_BASE - 0x1000), -EBUSY,
			"d2 has its grant table");
}

/* A second placement, outside of what the node has, beside a right one. */
static void test_registers_outside(void **state)
{
	struct dtb_writer *w;
	uint32_t cells[] = { 0, WINDOW + 0x10000, 0, 0x1000, 0, GUEST, 0, WINDOW + 0x1000, 0,
		0x1000, 0, GUEST + 0x1000 };
	uint32_t none[][6] = { { 0, WINDOW + 0x10000, 0, 0, 0, GUEST }, { 0 } };
	uint32_t cut[] = { 0, WINDOW + 0x10000, 0, 0x1000, 0 };
	struct blob blob;

	(void)state;
	add_host();
	w = overlay_begin("/");
	dtb_begin_node(w, "uart@a010000");
	dtb_write_cells(w, "xen,reg", cells, 12);
	dtb_write_flag(w, "xen,force-assign-without-iommu");
	dtb_end_node(w);
	blob = overlay_end();
	refuse(dom2, blob, -EPERM, "it has none there");
	free(blob.at);

	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		w = overlay_begin("/");
		dtb_begin_node(w, "uart@a010000");
		dtb_write_cells(w, "xen,reg", none[i], 6);
		dtb_write_flag(w, "xen,force-assign-without-iommu");
		dtb_end_node(w);
		blob = overlay_end();
		refuse(dom2, blob, -EINVAL, "no size");
		free(blob.at);
	}

	w = overlay_begin("/");
	dtb_begin_node(w, "uart@a010000");
	dtb_write_cells(w, "xen,reg", cut, 5);
	dtb_write_flag(w, "xen,force-assign-without-iommu");
	dtb_end_node(w);
	blob = overlay_end();
	refuse(dom2, blob, -EINVAL, "xen,reg");
	free(blob.at);
	drop_host();
}

static void test_over_what_the_guest_has(void **state)
{
	struct page *page = page_alloc_domain(dom2, 0, PAGE_ANYWHERE);
	struct blob blob = GUEST_BLOB(GUEST_TIMER(dev.at = GUEST - 0x1000));

	(void)state;
	add_host();
	assert_int_equal(p2m_map(dom2, IPA(GUEST), page_phys(page), 1, P2M_RAM), 0);
	refuse(dom2, blob, -EBUSY, "d2 has something else");
	assert_int_equal(p2m_unmap(dom2, IPA(GUEST), 1), 0);
	assert_true(page_clear_allocated(page, dom2));
	page_put(page);
	free(blob.at);

	blob = GUEST_BLOB(GUEST_UART(dev.at = GUEST_PL011_BASE));
	env_has_vuart = true;
	refuse(dom2, blob, -EBUSY, "d2 has an emulated device");
	env_has_vuart = false;
	assert_int_equal(attach(dom2, blob), 0);
	assert_true(sees_at(dom2, GUEST_PL011_BASE, WINDOW + 0x10000));
	assert_int_equal(detach(dom2, blob), 0);
	free(blob.at);
	drop_host();
}

static void test_wrong_interrupts(void **state)
{
	(void)state;
	refuse_guest(GUEST_UART(dev.spi = 51), -EPERM, "no such interrupt");
	refuse_guest(GUEST_UART(dev.spi = SPI_BOOT), -EPERM,
			"interrupt 34: it has no such interrupt");
	refuse_guest(GUEST_UART(dev.spi = 27), -EPERM, "no such interrupt");
	refuse_guest(GUEST_UART(dev.edge = true), -EINVAL, "level triggered");
	refuse_guest(GUEST_UART(dev.parent = 1), -EINVAL,
			"interrupt-parent is 0x1, but the guest's interrupt controller is 0xfde8");
	add_host();
	dom2->config.spis = 18;
	{
		struct blob blob = GUEST_BLOB(GUEST_UART());

		refuse(dom2, blob, -EINVAL, "nr_spis=19");
		dom2->config.spis = 19;
		assert_int_equal(attach(dom2, blob), 0);
		assert_int_equal(detach(dom2, blob), 0);
		free(blob.at);
	}
	drop_host();
}

static void test_not_a_guests_blob(void **state)
{
	struct device dev = { .name = "a@1" };
	struct blob blob = overlay_of("/nowhere", &dev, 1), cut;

	(void)state;
	add_host();
	refuse(dom2, blob, -ENOENT, "as a guest's overlay");
	cut = (struct blob){ blob.at, blob.size / 2 };
	refuse(dom2, cut, -EINVAL, "as a guest's overlay");
	free(blob.at);
	drop_host();
}

/* A clock that the guest's blob has made up, and a controller of its own for its child's interrupt. */
static void test_nodes_of_the_guests_own(void **state)
{
	const struct guest_device uart = GUEST_UART();
	struct dtb_writer *w;
	uint32_t irq[] = { 0, 9 };
	struct blob blob;

	(void)state;
	add_host();
	w = overlay_begin("/");
	dtb_begin_node(w, "clock-uart");
	dtb_write_string(w, "compatible", "fixed-clock");
	dtb_write_u32(w, "clock-frequency", 24000000);
	dtb_end_node(w);
	begin_guest_device(w, &uart);
	dtb_write_flag(w, "interrupt-controller");
	dtb_write_u32(w, "#interrupt-cells", 2);
	dtb_write_u32(w, "#address-cells", 1);
	dtb_write_u32(w, "#size-cells", 0);
	dtb_begin_node(w, "chip@48");
	dtb_write_u32(w, "reg", 0x48);
	dtb_write_cells(w, "interrupts", irq, 2);
	dtb_end_node(w);
	dtb_end_node(w);
	attach_and_detach(overlay_end());

	/* A device of its own, where there is none. */
	w = overlay_begin("/");
	begin_guest_device(w, &uart);
	dtb_end_node(w);
	dtb_begin_node(w, "mine@1000");
	write_reg(w, 0x1000, 0x1000);
	dtb_end_node(w);
	blob = overlay_end();
	refuse(dom2, blob, -ENOENT, "/mine@1000");
	free(blob.at);
	drop_host();
}

/* One overlay in two guests; taken back by the guest's blob, or all of it by the host's. */
static void test_parts(void **state)
{
	struct blob uart = GUEST_BLOB(GUEST_UART()), timer = GUEST_BLOB(GUEST_TIMER());
	struct blob both = GUEST_BLOB(GUEST_UART(), GUEST_TIMER());

	(void)state;
	add_host();
	assert_int_equal(attach(dom2, uart), 0);
	assert_int_equal(attach(dom3, timer), 0);
	assert_has_uart(dom2);
	assert_true(sees_at(dom3, GUEST + 0x2000, WINDOW + 0x12000));
	assert_ptr_equal(irq_owner(51), dom3);
	assert_true(host_routes[51].edge);
	refuse(dom2, both, -EEXIST, "/uart@a010000 is attached to d2 already");
	refuse(dom3, both, -EBUSY, "/uart@a010000 is attached to d2");
	refuse(dom2, timer, -EBUSY, "attached to d3");
	refuse(dom0, added, -EBUSY, "attached to d");
	assert_int_equal(removes(added), -EBUSY); /* 17 */
	assert_why("d2 holds");
	assert_int_equal(detach(dom2, uart), 0);
	assert_int_equal(removes(added), -EBUSY);
	assert_why("d3 holds");
	assert_int_equal(attach(dom3, uart), 0);
	assert_int_equal(detach(dom2, added), -ENOENT);
	assert_int_equal(detach(dom3, added), 0); /* both parts */
	assert_has_no_uart(dom3);
	assert_null(irq_owner(51));
	assert_int_equal(attach(dom2, both), 0);
	refuse(dom2, uart, -EEXIST, "already");
	assert_int_equal(detach(dom2, uart), -ENOENT); /* came with other bytes */
	assert_int_equal(detach(dom2, both), 0);
	drop_host();
	free(uart.at);
	free(timer.at);
	free(both.at);
}

/* One blob with nodes of two overlays, which are removed one by one. */
static void test_two_overlays(void **state)
{
	struct blob other = OVERLAY(
			{ .name = "b@1", .base = WINDOW + 0x20000, .size = 0x1000, .spi = 60 });
	struct blob blob = GUEST_BLOB(GUEST_UART(), { .name = "b@1",
								    .base = WINDOW + 0x20000,
								    .size = 0x1000,
								    .at = GUEST + 0x5000 });
	struct blob bad = GUEST_BLOB(GUEST_UART(),
			{ .name = "b@1", .base = WINDOW + 0x20000, .size = 0x1000, .at = GUEST });

	(void)state;
	add_host();
	assert_int_equal(add(other), 0);
	refuse(dom2, bad, -EBUSY, "d2 is to have registers 0xa010000");
	assert_int_equal(attach(dom2, blob), 0);
	assert_has_uart(dom2);
	assert_true(sees_at(dom2, GUEST + 0x5000, WINDOW + 0x20000));
	assert_int_equal(removes(added), -EBUSY);
	assert_int_equal(removes(other), -EBUSY);
	refuse(dom2, blob, -EEXIST, "already");
	assert_int_equal(detach(dom2, other), 0); /* that overlay's part of it */
	assert_has_uart(dom2);
	assert_int_equal(removes(other), 0);
	assert_int_equal(detach(dom2, blob), 0); /* the rest */
	assert_has_no_uart(dom2);
	drop_host();
	free(other.at);
	free(blob.at);
	free(bad.at);
}

/* Registers smaller than a page: neighbours of one owner only, and at one place only. */
static void test_shared_page(void **state)
{
	struct blob host = OVERLAY(
			{ .name = "a@1", .base = WINDOW + 0x20000, .size = 0x200, .spi = 60 },
			{ .name = "b@1", .base = WINDOW + 0x20200, .size = 0x200, .spi = 61 });
	struct blob a = GUEST_BLOB(
			{ .name = "a@1", .base = WINDOW + 0x20000, .size = 0x200, .at = GUEST });
	struct blob b = GUEST_BLOB({ .name = "b@1",
			.base = WINDOW + 0x20200,
			.size = 0x200,
			.at = GUEST + 0x200 });
	struct blob far = GUEST_BLOB({ .name = "b@1",
			.base = WINDOW + 0x20200,
			.size = 0x200,
			.at = GUEST + 0x5200 });
	struct blob two = GUEST_BLOB(
			{ .name = "a@1", .base = WINDOW + 0x20000, .size = 0x200, .at = GUEST },
			{ .name = "b@1",
					.base = WINDOW + 0x20200,
					.size = 0x200,
					.at = GUEST + 0x5200 });

	(void)state;
	assert_int_equal(add(host), 0);
	refuse(dom2, two, -EINVAL, "at another address");
	assert_int_equal(attach(dom2, a), 0);
	refuse(dom2, far, -EINVAL, "at another address");
	refuse(dom3, b, -EBUSY, "shares a page");
	assert_int_equal(attach(dom2, b), 0);
	assert_int_equal(detach(dom2, a), 0);
	assert_true(sees_at(dom2, GUEST, WINDOW + 0x20000)); /* the other's page still */
	assert_int_equal(detach(dom2, b), 0);
	assert_int_equal(p2m_lookup(dom2, IPA(GUEST)).type, P2M_NONE);
	assert_int_equal(attach(dom3, far), 0);
	assert_int_equal(detach(dom3, far), 0);
	assert_int_equal(removes(host), 0);
	free(host.at);
	free(a.at);
	free(b.at);
	free(far.at);
	free(two.at);
}

/* A part of what the host's node has, and large blocks where both sides allow them. */
static void test_narrowed(void **state)
{
	struct blob host = OVERLAY({ .name = "a@1", .base = GIB(3), .size = MIB(8), .spi = 60 });
	struct blob large = GUEST_BLOB(
			{ .name = "a@1", .base = GIB(3), .size = MIB(8), .at = GIB(4) + MIB(2) });
	struct blob part = GUEST_BLOB({ .name = "a@1",
			.base = GIB(3) + 0x5000,
			.size = 0x3000,
			.at = GIB(4) + 0x1000 });

	(void)state;
	assert_int_equal(add(host), 0);
	assert_int_equal(attach(dom2, large), 0);
	assert_int_equal(p2m_lookup(dom2, IPA(GIB(4) + MIB(2))).block_size, MIB(2));
	assert_true(sees_at(dom2, GIB(4) + MIB(9), GIB(3) + MIB(7)));
	assert_int_equal(detach(dom2, large), 0);
	assert_int_equal(attach(dom3, part), 0);
	assert_true(sees_at(dom3, GIB(4) + 0x3000, GIB(3) + 0x7000));
	assert_int_equal(p2m_lookup(dom3, IPA(GIB(4))).type, P2M_NONE);
	assert_int_equal(p2m_lookup(dom3, IPA(GIB(4) + 0x4000)).type, P2M_NONE);
	assert_int_equal(detach(dom3, part), 0);
	assert_int_equal(removes(host), 0);
	free(host.at);
	free(large.at);
	free(part.at);
}

/* A guest maps memory over its device: that is its own loss, and detach works all the same. */
static void test_mapped_over(void **state)
{
	struct blob blob = GUEST_BLOB(GUEST_UART(dev.at = MIB(512) + 0x1000));
	uint64_t cursor = 0;

	(void)state;
	add_host();
	for (unsigned order = 0; order <= 9; order += 9) {
		uint64_t at = MIB(512) + (order ? 0 : 0x1000);
		struct page *page = page_alloc_domain(dom2, order, PAGE_ANYWHERE);

		assert_int_equal(attach(dom2, blob), 0);
		assert_int_equal(p2m_map(dom2, IPA(at), page_phys(page), BIT(order), P2M_RAM), 0);
		assert_int_equal(p2m_lookup(dom2, IPA(MIB(512) + 0x1000)).type, P2M_RAM);
		assert_int_equal(detach(dom2, blob), 0);
		assert_int_equal(p2m_lookup(dom2, IPA(MIB(512) + 0x1000)).type, P2M_NONE);
		assert_int_equal(attach(dom2, blob), 0);
		assert_true(sees_at(dom2, MIB(512) + 0x1000, WINDOW + 0x10000));
		assert_int_equal(detach(dom2, blob), 0);
	}
	drop_host();
	free(blob.at);
	assert_int_equal(p2m_unmap(dom2, IPA(MIB(512)), 512), 0);
	while (page_relinquish_domain(dom2, &cursor) == -ERESTART)
		;
}

static void test_moves(void **state) /* 5 */
{
	struct blob blob = GUEST_BLOB(GUEST_UART()),
		    other = GUEST_BLOB(GUEST_UART(dev.at = GUEST + 0x9000));

	(void)state;
	add_host();
	for (unsigned i = 0; i < 50; i++) {
		assert_int_equal(attach(dom2, blob), 0);
		assert_has_uart(dom2);
		assert_int_equal(detach(dom2, blob), 0);
		assert_int_equal(attach(dom3, other), 0);
		assert_has_no_uart(dom2);
		assert_true(sees_at(dom3, GUEST + 0x9000, WINDOW + 0x10000));
		assert_ptr_equal(irq_owner(50), dom3);
		refuse(dom0, added, -EBUSY, "attached to d3");
		assert_int_equal(detach(dom3, other), 0);
		assert_int_equal(attach(dom0, added), 0);
		assert_true(sees(dom0, WINDOW + 0x10000));
		refuse(dom2, blob, -EBUSY, "attached to d0");
		assert_int_equal(detach(dom0, added), 0);
	}
	drop_host();
	free(blob.at);
	free(other.at);
}

static void test_death(void **state) /* 18 */
{
	struct blob uart = GUEST_BLOB(GUEST_UART()), timer = GUEST_BLOB(GUEST_TIMER());

	(void)state;
	add_host();
	assert_int_equal(attach(dom2, uart), 0);
	assert_int_equal(attach(dom2, timer), 0);
	dom2->dying = DOMAIN_DYING;
	refuse(dom2, uart, -EINVAL, "being destroyed");
	assert_int_equal(detach(dom2, timer), 0); /* from a dying one too */
	assert_null(irq_owner(51));
	while (on_kill(dom2) == -ERESTART)
		;
	assert_has_no_uart(dom2);
	assert_null(irq_owner(50));
	assert_int_equal(detach(dom2, uart), -ENOENT);
	assert_int_equal(attach(dom3, uart), 0);
	assert_int_equal(detach(dom3, uart), 0);
	drop_host();
	free(uart.at);
	free(timer.at);
}

/* A boot device that an overlay has enabled is that overlay's. */
static void test_enabled_boot_device(void **state) /* 8 */
{
	struct blob host, blob;
	struct dtb_writer *w;

	(void)state;
	blob = GUEST_BLOB({ .name = "x@1",
			.path = "/off@a004000",
			.base = WINDOW + 0x4000,
			.size = 0x1000,
			.at = GUEST,
			.spi = 41 });
	w = overlay_begin("/off@a004000");
	dtb_write_string(w, "status", "okay");
	host = overlay_end();
	assert_int_equal(attach(dom2, blob), -ENOENT);
	assert_int_equal(add(host), 0);
	assert_int_equal(attach(dom2, blob), 0);
	assert_true(sees_at(dom2, GUEST, WINDOW + 0x4000));
	assert_ptr_equal(irq_owner(41), dom2);
	assert_int_equal(removes(host), -EBUSY);
	assert_int_equal(detach(dom2, blob), 0);
	assert_int_equal(removes(host), 0);
	free(host.at);
	free(blob.at);
}

/* The host's own blob does for a guest when it says where. */
static void test_one_blob_for_both(void **state)
{
	struct dtb_writer *w = overlay_begin("/");
	struct device uart = {
		.name = "uart@a010000", .base = WINDOW + 0x10000, .size = 0x1000, .spi = 50
	};
	struct blob blob;

	(void)state;
	uart.forced = true;
	begin_device(w, &uart);
	write_placement(w, WINDOW + 0x10000, 0x1000, GUEST);
	dtb_end_node(w);
	blob = overlay_end();
	assert_int_equal(add(blob), 0);
	assert_int_equal(attach(dom2, blob), 0);
	assert_has_uart(dom2);
	refuse(dom2, blob, -EEXIST, "already");
	assert_int_equal(detach(dom2, blob), 0);
	assert_has_no_uart(dom2);
	assert_int_equal(removes(blob), 0);
	free(blob.at);
}

/* A host bridge: two windows, of which the guest's blob leaves one out, and two lines. */
static void begin_bridge(struct dtb_writer *w, uint64_t reg, uint32_t gic)
{
	uint32_t mask[] = { 0, 0, 0, 7 };
	uint32_t map[] = { 0, 0, 0, 1, gic, 0, 70, 4, 0, 0, 0, 2, gic, 0, 71, 4 };

	dtb_begin_node(w, "pcie@b000000");
	dtb_write_string(w, "device_type", "pci");
	dtb_write_u32(w, "#address-cells", 3);
	dtb_write_u32(w, "#size-cells", 2);
	dtb_write_u32(w, "#interrupt-cells", 1);
	write_reg(w, reg, 0x100000);
	dtb_write_cells(w, "interrupt-map-mask", mask, 4);
	dtb_write_cells(w, "interrupt-map", map, 16);
	dtb_write_flag(w, "xen,force-assign-without-iommu");
}

static void test_bridge(void **state)
{
	uint32_t host_ranges[] = { 0x02000000, 0, 0x30000000, 0, 0x30000000, 0, 0x100000,
		0x03000000, 0x80, 0, 0x80, 0, 1, 0 };
	uint32_t ranges[] = { 0x02000000, 0, 0x30000000, 0, GUEST + 0x200000, 0, 0x100000 };
	uint32_t placed[] = { 0, 0xb000000, 0, 0x100000, 0, GUEST, 0, 0x30000000, 0, 0x100000, 0,
		GUEST + 0x200000 };
	struct dtb_writer *w = overlay_begin("/");
	struct blob host, blob;

	(void)state;
	begin_bridge(w, 0xb000000, GIC_PHANDLE);
	dtb_write_cells(w, "ranges", host_ranges, 14);
	dtb_end_node(w);
	host = overlay_end();
	w = overlay_begin("/");
	begin_bridge(w, GUEST, 0xfde8);
	dtb_write_cells(w, "ranges", ranges, 7);
	dtb_write_cells(w, "xen,reg", placed, 12);
	dtb_end_node(w);
	blob = overlay_end();
	assert_int_equal(add(host), 0);
	assert_int_equal(attach(dom2, blob), 0);
	assert_true(sees_at(dom2, GUEST + 0xff000, 0xb0ff000));
	assert_true(sees_at(dom2, GUEST + 0x2ff000, 0x300ff000));
	assert_null(ledger_find(RESOURCE_MMIO, UINT64_C(0x8000000000) >> PAGE_SHIFT));
	assert_ptr_equal(irq_owner(102), dom2);
	assert_ptr_equal(irq_owner(103), dom2);
	assert_int_equal(detach(dom2, blob), 0);
	assert_null(irq_owner(103));
	assert_int_equal(removes(host), 0);
	free(host.at);
	free(blob.at);
}

static void test_behind_an_iommu(void **state)
{
	struct blob host = OVERLAY({ .name = "a@1",
			.base = WINDOW + 0x20000,
			.size = 0x1000,
			.spi = 60,
			.streams = 5 });
	struct blob blob = GUEST_BLOB(
			{ .name = "a@1", .base = WINDOW + 0x20000, .size = 0x1000, .at = GUEST });

	(void)state;
	assert_int_equal(add(host), 0);
	refuse(dom2, blob, -EXDEV, "without passthrough");
	dom2->config.passthrough = true;
	refuse(dom2, blob, -EXDEV, "Graft does not drive");
	assert_int_equal(removes(host), 0);
	free(host.at);
	free(blob.at);
}

/* Each allocation of a plan with several nodes and overlays fails in turn. */
static void test_allocations_fail(void **state) /* 15 */
{
	struct blob other = OVERLAY(
			{ .name = "b@1", .base = WINDOW + 0x20000, .size = 0x1000, .spi = 60 });
	struct blob blob = GUEST_BLOB(GUEST_UART(), GUEST_TIMER(),
			{ .name = "b@1", .base = WINDOW + 0x20000, .size = 0x1000, .at = GIB(5) });
	unsigned failed = 0;
	int err;

	(void)state;
	add_host();
	assert_int_equal(add(other), 0);
	for (unsigned n = 1;; n++) {
		size_t heap = heap_bytes_used();

		host_fail_at = n;
		err = attach(dom2, blob);
		if (host_fail_at)
			break;
		assert_int_equal(err, -ENOMEM);
		assert_int_equal(heap_bytes_used(), heap);
		assert_null(attachments_first);
		assert_has_no_uart(dom2);
		failed++;
	}
	host_fail_at = 0;
	assert_int_equal(err, 0);
	assert_true(failed > 3);
	assert_int_equal(detach(dom2, blob), 0);
	assert_int_equal(removes(other), 0);
	drop_host();
	free(other.at);
	free(blob.at);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, env_set_up, env_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_matching),
		TEST(test_trigger_of_two_devices),
		TEST(test_ambiguous),
		TEST(test_wrong_nodes),
		TEST(test_wrong_registers),
		TEST(test_registers_outside),
		TEST(test_over_what_the_guest_has),
		TEST(test_wrong_interrupts),
		TEST(test_not_a_guests_blob),
		TEST(test_nodes_of_the_guests_own),
		TEST(test_parts),
		TEST(test_two_overlays),
		TEST(test_shared_page),
		TEST(test_narrowed),
		TEST(test_mapped_over),
		TEST(test_moves),
		TEST(test_death),
		TEST(test_enabled_boot_device),
		TEST(test_one_blob_for_both),
		TEST(test_bridge),
		TEST(test_behind_an_iommu),
		TEST(test_allocations_fail),
	};

	return cmocka_run_group_tests_name("assign_guest", tests, NULL, NULL);
}
