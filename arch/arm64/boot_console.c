/* SPDX-License-Identifier: Apache-2.0 */
/* Finds and starts the console UART. */
#include "arch/arm64/boot_console.h"

#include "arch/arm64/gic.h"
#include "arch/arm64/irq.h"
#include "core/printk.h"
#include "drivers/uart.h"
#include "dt/resource.h"
#include "lib/string.h"

static const struct uart_driver *driver;
static paddr_t uart_base;

static const struct uart_driver *find_driver(const struct dtb_node *node)
{
	/* cppcheck-suppress comparePointers ; the linker makes one array of what lies between the two */
	for (const struct uart_driver *d = __start_uart_drivers; d < __stop_uart_drivers; d++) {
		if (dtb_is_compatible(node, d->compatible))
			return d;
	}
	return NULL;
}

/* A path up to ':', or an alias for one. */
static bool find_node(const struct dtb *dtb, const char *name, struct dtb_node *node)
{
	char path[256];
	struct dtb_node aliases;
	size_t length = 0;

	while (name[length] && name[length] != ':' && length + 1 < sizeof(path)) {
		path[length] = name[length];
		length++;
	}
	path[length] = '\0';
	if (path[0] == '/')
		return dtb_find(dtb, path, node);
	return dtb_find(dtb, "/aliases", &aliases) && dtb_prop_string(&aliases, path, &name) &&
	       dtb_find(dtb, name, node);
}

static bool find_uart(const struct dtb *dtb, const char *dtuart, struct dtb_node *node)
{
	struct dtb_node chosen;

	if (dtuart[0])
		return find_node(dtb, dtuart, node);
	if (!dtb_find(dtb, "/chosen", &chosen) || !dtb_prop_string(&chosen, "stdout-path", &dtuart))
		return false;
	return find_node(dtb, dtuart, node);
}

/* reg is not translated: a UART below a bus with a ranges of its own is found by its CPU address only later. */
void boot_console_init(const struct dtb *dtb, const char *dtuart)
{
	struct dtb_node node;
	uint64_t base, size;

	if (!find_uart(dtb, dtuart, &node) || !dtb_reg(&node, 0, &base, &size))
		return;
	driver = find_driver(&node);
	if (!driver || driver->init(PADDR(base), size))
		driver = NULL;
	else
		uart_base = PADDR(base);
}

const struct dt_node *boot_console_node(const struct dt_tree *tree)
{
	const struct dt_node *node;

	if (!driver)
		return NULL;
	dt_for_each_node (node, tree->root) {
		struct dt_list list = dt_reg(tree, node);
		struct dt_window window;

		if (dt_is_compatible(tree, node, driver->compatible) &&
				dt_reg_next(&list, &window, NULL) > 0 && window.base == uart_base.v)
			return node;
	}
	return NULL;
}

void boot_console_enable_receive(const struct dt_tree *tree)
{
	const struct dt_node *node = boot_console_node(tree);
	struct dt_gic_irq irq;
	struct dt_irq raw;
	struct dt_list list;

	if (!node)
		return;
	list = dt_irqs(tree, node);
	if (dt_irqs_next(&list, &raw, NULL) <= 0 || dt_gic_decode(tree, &raw, &irq, NULL) ||
			!irq.spi) {
		log_warn("%s: no usable interrupt: the console takes no input", dt_path(node));
		return;
	}
	irq_set_handler(irq.intid, driver->interrupt);
	gic_spi_configure(irq.intid, irq.edge);
	gic_spi_set_target(irq.intid, 0);
	driver->enable_receive();
	gic_spi_enable(irq.intid, true);
}
