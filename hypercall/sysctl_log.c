/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl: the hypervisor log (`xl dmesg`), debug keys, and the list of domains (`xl list`). */
#include "core/console.h"
#include "core/keys.h"
#include "hypercall/sysctl.h"

#define CHUNK    128U
#define KEYS_MAX 1024U

XEN_ABI(sizeof(struct xen_sysctl_readconsole) == 24);
XEN_ABI(offsetof(struct xen_sysctl_readconsole, buffer) == 8);
XEN_ABI(sizeof(struct xen_sysctl_debug_keys) == 16);
XEN_ABI(sizeof(struct xen_sysctl_getdomaininfolist) == 24);
XEN_ABI(offsetof(struct xen_sysctl_getdomaininfolist, buffer) == 8);
XEN_ABI(sizeof(struct xen_domctl_getdomaininfo) == 120);

/* Copied in small pieces; each goes on where the one before ended, whatever was logged in between. */
int sysctl_readconsole(struct xen_sysctl *op)
{
	struct xen_sysctl_readconsole *u = &op->u.readconsole;
	uint32_t done = 0, room = MIN(u->count, CONSOLE_RING_SIZE);
	bool incremental = u->incremental;

	while (done < room) {
		char text[CHUNK];
		size_t n = console_ring_read(
				text, MIN(room - done, CHUNK), &u->index, incremental, false);

		if (n == 0)
			break;
		if (guest_write(gva_add(HANDLE_GVA(u->buffer), done), text, n))
			return -EFAULT;
		done += (uint32_t)n;
		incremental = true;
	}
	if (u->clear)
		(void)console_ring_read(NULL, 0, &u->index, incremental, true);
	u->count = done;
	return 0;
}

int sysctl_debug_keys(struct xen_sysctl *op)
{
	struct xen_sysctl_debug_keys *u = &op->u.debug_keys;

	if (u->nr_keys > KEYS_MAX)
		return -E2BIG;
	for (uint32_t i = 0; i < u->nr_keys; i++) {
		char key;

		if (guest_read(&key, gva_add(HANDLE_GVA(u->keys), i), 1))
			return -EFAULT;
		keys_handle(key);
	}
	return 0;
}

int sysctl_getdomaininfolist(struct xen_sysctl *op)
{
	struct xen_sysctl_getdomaininfolist *u = &op->u.getdomaininfolist;
	domain_id_t next = u->first_domain;
	struct domain *d;

	u->num_domains = 0;
	while (u->num_domains < u->max_domains && (d = domain_get_next(next)) != NULL) {
		struct xen_domctl_getdomaininfo info;

		domain_info_fill(d, &info);
		next = (domain_id_t)(d->id + 1);
		domain_put(d);
		if (guest_write(gva_add(HANDLE_GVA(u->buffer),
						(uint64_t)u->num_domains * sizeof(info)),
				    &info, sizeof(info)))
			return -EFAULT;
		u->num_domains++;
	}
	return 0;
}
