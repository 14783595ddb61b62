/* SPDX-License-Identifier: Apache-2.0 */
/* xen_version: every command, for a privileged and another caller, with good and bad pointers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arch/guest.h>

#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/options.h"
#include "core/printk.h"
#include "core/version.h"
#include "hypercall/hypercall.h"

#include <cmocka.h>

#define COMMAND_LINE "dom0_mem=1G console=dtuart"

static struct domain dom0, domu;
static struct vcpu vcpu0 = { .domain = &dom0 }, vcpuu = { .domain = &domu };
struct domain *hardware_domain = &dom0;

/* What the linker makes of --build-id. */
const struct {
	uint32_t name_size, desc_size, type;
	char name[4];
	unsigned char desc[20];
} image_build_id = { 4, 20, 3, "GNU", { 0xab, 1, 2, 3 } };

static unsigned char buf[2048];
static gva_t at;

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

static int setup(void **state)
{
	(void)state;
	dom0.config.privileged = true;
	dom0.config.direct_mapped = true;
	memset(dom0.config.handle, 0, sizeof(dom0.config.handle));
	memset(domu.config.handle, 0x5a, sizeof(domu.config.handle));
	options_parse(COMMAND_LINE);
	cpus[0].current = &vcpu0;
	host_guest_reset();
	memset(buf, 0xee, sizeof(buf));
	at = host_guest_map(buf, sizeof(buf));
	return 0;
}

static int64_t call(unsigned command, gva_t arg)
{
	uint64_t args[HYPERCALL_ARGS] = { command, arg.v };

	return do_xen_version(args);
}

/* Bytes from n on are as they were. */
static void expect_untouched_from(size_t n)
{
	for (size_t i = n; i < sizeof(buf); i++)
		assert_int_equal(buf[i], 0xee);
}

static void expect_text(unsigned command, const char *text)
{
	assert_int_equal(call(command, at), 0);
	assert_string_equal((char *)buf, text);
	expect_untouched_from(strlen(text) + 1);
}

static void test_version(void **state)
{
	(void)state;
	assert_int_equal(call(XENVER_version, GVA(0)), 4 << 16 | 20);
	cpus[0].current = &vcpuu;
	assert_int_equal(call(XENVER_version, GVA(0)), 4 << 16 | 20);
}

static void test_texts(void **state)
{
	(void)state;
	expect_text(XENVER_extraversion, version.extra);
	assert_non_null(strstr(version.extra, version.release));
	setup(NULL);
	expect_text(XENVER_capabilities, "xen-3.0-aarch64");
	setup(NULL);
	expect_text(XENVER_changeset, version.changeset);
	setup(NULL);
	expect_text(XENVER_commandline, COMMAND_LINE);
	/* What is cut off at the end of its field is still zero-terminated. */
	assert_true(strlen(version.extra) < XEN_EXTRAVERSION_LEN);
	assert_true(strlen(version.changeset) < XEN_CHANGESET_INFO_LEN);
}

static void test_texts_denied(void **state)
{
	(void)state;
	cpus[0].current = &vcpuu;
	expect_text(XENVER_extraversion, version.extra);
	expect_text(XENVER_capabilities, "xen-3.0-aarch64");
	memset(buf, 0xee, sizeof(buf));
	expect_text(XENVER_changeset, "<denied>");
	expect_text(XENVER_commandline, "<denied>");
}

static void test_compile_info(void **state)
{
	struct xen_compile_info *info = (void *)buf;

	(void)state;
	assert_int_equal(call(XENVER_compile_info, at), 0);
	assert_memory_equal(info->compiler, version.compiler, strlen(version.compiler) + 1);
	assert_string_equal(info->compile_by, version.compile_by);
	assert_string_equal(info->compile_domain, version.compile_domain);
	assert_string_equal(info->compile_date, version.compile_date);
	expect_untouched_from(sizeof(*info));
	cpus[0].current = &vcpuu;
	assert_int_equal(call(XENVER_compile_info, at), 0);
	assert_string_equal(info->compiler, "<denied>");
	assert_string_equal(info->compile_date, "<denied>");
	assert_int_equal(info->compile_date[20], 0);
}

static void test_platform_parameters(void **state)
{
	(void)state;
	assert_int_equal(call(XENVER_platform_parameters, at), 0);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(buf[i], 0);
	expect_untouched_from(8);
}

static uint32_t features(void)
{
	struct xen_feature_info *info = (void *)buf;

	info->submap_idx = 0;
	info->submap = 0xffffffff;
	assert_int_equal(call(XENVER_get_features, at), 0);
	assert_int_equal(info->submap_idx, 0);
	return info->submap;
}

static void test_features(void **state)
{
	struct xen_feature_info *info = (void *)buf;
	uint32_t always =
			1U << XENFEAT_auto_translated_physmap | 1U << XENFEAT_writable_page_tables |
			1U << XENFEAT_memory_op_vnode_supported | 1U << XENFEAT_ARM_SMCCC_supported;

	(void)state;
	assert_int_equal(features(), always | 1U << XENFEAT_dom0 | 1U << XENFEAT_direct_mapped);
	cpus[0].current = &vcpuu;
	assert_int_equal(features(), always | 1U << XENFEAT_not_direct_mapped);
	info->submap_idx = 1;
	assert_int_equal(call(XENVER_get_features, at), -EINVAL);
}

static void test_pagesize(void **state)
{
	(void)state;
	assert_int_equal(call(XENVER_pagesize, GVA(0)), 4096);
	assert_int_equal(call(XENVER_pagesize, at), -EINVAL);
	expect_untouched_from(0);
}

static void test_guest_handle(void **state)
{
	(void)state;
	cpus[0].current = &vcpuu;
	assert_int_equal(call(XENVER_guest_handle, at), 0);
	assert_memory_equal(buf, domu.config.handle, 16);
	expect_untouched_from(16);
}

/* The newer form: size alone, too little room, exactly enough. */
static void expect_varbuf(unsigned command, const void *data, size_t size)
{
	uint32_t *room = (void *)buf;

	assert_int_equal(call(command, GVA(0)), size);
	*room = (uint32_t)size - 1;
	assert_int_equal(call(command, at), -ENOBUFS);
	expect_untouched_from(4);
	*room = (uint32_t)size;
	assert_int_equal(call(command, at), size);
	assert_memory_equal(buf + 4, data, size);
	expect_untouched_from(4 + size);
	memset(buf, 0xee, sizeof(buf));
}

static void test_varbufs(void **state)
{
	(void)state;
	expect_varbuf(XENVER_extraversion2, version.extra, strlen(version.extra));
	expect_varbuf(XENVER_capabilities2, version.capabilities, strlen(version.capabilities));
	expect_varbuf(XENVER_changeset2, version.changeset, strlen(version.changeset));
	expect_varbuf(XENVER_commandline2, COMMAND_LINE, strlen(COMMAND_LINE));
	expect_varbuf(XENVER_build_id, image_build_id.desc, 20);
	cpus[0].current = &vcpuu;
	expect_varbuf(XENVER_capabilities2, version.capabilities, strlen(version.capabilities));
	assert_int_equal(call(XENVER_changeset2, at), -EPERM);
	assert_int_equal(call(XENVER_commandline2, at), -EPERM);
	assert_int_equal(call(XENVER_build_id, at), -EPERM);
	expect_untouched_from(0);
}

static void test_unknown(void **state)
{
	(void)state;
	assert_int_equal(call(15, at), -ENOSYS);
	assert_int_equal(call(UINT32_MAX, at), -ENOSYS);
	expect_untouched_from(0);
}

static void test_bad_pointers(void **state)
{
	static const unsigned commands[] = { XENVER_extraversion, XENVER_compile_info,
		XENVER_capabilities, XENVER_changeset, XENVER_platform_parameters,
		XENVER_get_features, XENVER_guest_handle, XENVER_commandline, XENVER_build_id,
		XENVER_extraversion2, XENVER_capabilities2, XENVER_changeset2,
		XENVER_commandline2 };

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		*(uint32_t *)buf = 0;
		assert_int_equal(call(commands[i], GVA(0x1000)), -EFAULT);
		/* It begins well and runs into a hole. */
		*(uint32_t *)(buf + sizeof(buf) - 4) = 0;
		if (commands[i] != XENVER_get_features)
			*(uint32_t *)(buf + sizeof(buf) - 4) = 4096;
		assert_int_equal(call(commands[i], GVA(at.v + sizeof(buf) - 4)), -EFAULT);
	}
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_version),
		TEST(test_texts),
		TEST(test_texts_denied),
		TEST(test_compile_info),
		TEST(test_platform_parameters),
		TEST(test_features),
		TEST(test_pagesize),
		TEST(test_guest_handle),
		TEST(test_varbufs),
		TEST(test_unknown),
		TEST(test_bad_pointers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
