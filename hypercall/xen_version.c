/* SPDX-License-Identifier: Apache-2.0 */
/*
 * xen_version: what hypervisor this is (xen/version.h). Anybody may ask for what a guest needs to run;
 * what tells of the build and of the command line is for privileged domains, others read "<denied>".
 */
#include "core/options.h"
#include "core/version.h"
#include "hypercall/priv.h"
#include "lib/string.h"

XEN_ABI(sizeof(struct xen_compile_info) == 144);
XEN_ABI(sizeof(struct xen_feature_info) == 8);
XEN_ABI(sizeof(struct xen_platform_parameters) == 8);
XEN_ABI(offsetof(struct xen_varbuf, buf) == 4);
XEN_ABI(sizeof(xen_domain_handle_t) == sizeof(((struct domain_config *)0)->handle));

static const char denied[] = "<denied>";

static const char *if_privileged(const char *text)
{
	return caller_privileged() ? text : denied;
}

/* A text into a field of the caller's: cut to fit, with its zero. */
static int64_t put_text(gva_t to, const char *text, size_t room)
{
	size_t n = strnlen(text, room - 1);

	if (guest_write(to, text, n) || guest_write(gva_add(to, n), "", 1))
		return -EFAULT;
	return 0;
}

static void copy_text(char *to, const char *text, size_t room)
{
	size_t n = strnlen(text, room - 1);

	memcpy(to, text, n);
	to[n] = '\0';
}

static int64_t put_compile_info(gva_t to)
{
	struct xen_compile_info info = { 0 };

	copy_text(info.compiler, if_privileged(version.compiler), sizeof(info.compiler));
	copy_text(info.compile_by, if_privileged(version.compile_by), sizeof(info.compile_by));
	copy_text(info.compile_domain, if_privileged(version.compile_domain),
			sizeof(info.compile_domain));
	copy_text(info.compile_date, if_privileged(version.compile_date),
			sizeof(info.compile_date));
	return guest_write(to, &info, sizeof(info));
}

/* Where a hypervisor shares the guest's page tables this is the border; here the whole space is the guest's. */
static int64_t put_platform_parameters(gva_t to)
{
	static const struct xen_platform_parameters parameters = { .virt_start = 0 };

	return guest_write(to, &parameters, sizeof(parameters));
}

static uint32_t features_of(const struct domain *d)
{
	uint64_t bits = BIT(XENFEAT_memory_op_vnode_supported) | BIT(XENFEAT_writable_page_tables) |
	                BIT(XENFEAT_auto_translated_physmap) | BIT(XENFEAT_ARM_SMCCC_supported);

	if (d == hardware_domain)
		bits |= BIT(XENFEAT_dom0);
	bits |= d->config.direct_mapped ? BIT(XENFEAT_direct_mapped)
	                                : BIT(XENFEAT_not_direct_mapped);
	return (uint32_t)bits;
}

static int64_t get_features(gva_t at)
{
	struct xen_feature_info info;

	if (guest_read(&info, at, sizeof(info)))
		return -EFAULT;
	if (info.submap_idx >= XENFEAT_NR_SUBMAPS)
		return -EINVAL;
	info.submap = features_of(caller_domain());
	return guest_write(at, &info, sizeof(info));
}

/* The newer form: the caller says how much room there is, the result is the size. NULL asks for the size. */
static int64_t put_varbuf(gva_t at, const void *data, size_t size)
{
	uint32_t room;

	if (at.v == 0)
		return (int64_t)size;
	if (guest_read(&room, at, sizeof(room)))
		return -EFAULT;
	if (room < size)
		return -ENOBUFS;
	if (guest_write(gva_add(at, offsetof(struct xen_varbuf, buf)), data, size))
		return -EFAULT;
	return (int64_t)size;
}

static int64_t put_vartext(gva_t at, const char *text)
{
	return put_varbuf(at, text, strlen(text));
}

static int64_t put_build_id(gva_t at)
{
	const unsigned char *id;
	size_t size = version_build_id(&id);

	if (!caller_privileged())
		return -EPERM;
	return size ? put_varbuf(at, id, size) : -ENODATA;
}

int64_t do_xen_version(uint64_t args[HYPERCALL_ARGS])
{
	gva_t at = GVA(args[1]);

	switch ((uint32_t)args[0]) {
	case XENVER_version:
		return VERSION_MAJOR << 16 | VERSION_MINOR;
	case XENVER_extraversion:
		return put_text(at, version.extra, XEN_EXTRAVERSION_LEN);
	case XENVER_compile_info:
		return put_compile_info(at);
	case XENVER_capabilities:
		return put_text(at, version.capabilities, XEN_CAPABILITIES_INFO_LEN);
	case XENVER_changeset:
		return put_text(at, if_privileged(version.changeset), XEN_CHANGESET_INFO_LEN);
	case XENVER_platform_parameters:
		return put_platform_parameters(at);
	case XENVER_get_features:
		return get_features(at);
	case XENVER_pagesize:
		return at.v ? -EINVAL : (int64_t)PAGE_SIZE;
	case XENVER_guest_handle:
		return guest_write(at, caller_domain()->config.handle, sizeof(xen_domain_handle_t));
	case XENVER_commandline:
		return put_text(at, if_privileged(options_command_line()),
				sizeof(xen_commandline_t));
	case XENVER_build_id:
		return put_build_id(at);
	case XENVER_extraversion2:
		return put_vartext(at, version.extra);
	case XENVER_capabilities2:
		return put_vartext(at, version.capabilities);
	case XENVER_changeset2:
		return caller_privileged() ? put_vartext(at, version.changeset) : -EPERM;
	case XENVER_commandline2:
		return caller_privileged() ? put_vartext(at, options_command_line()) : -EPERM;
	default:
		return -ENOSYS;
	}
}
