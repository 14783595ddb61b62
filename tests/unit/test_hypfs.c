/* SPDX-License-Identifier: Apache-2.0 */
/* hypfs_op: the whole tree is walked as `xenhypfs tree` does; what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arch/guest.h>

#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/version.h"
#include "hypercall/hypercall.h"

#include <cmocka.h>

static struct domain dom0, domu;
static struct vcpu vcpu0 = { .domain = &dom0 }, vcpuu = { .domain = &domu };
static char path[2048], buf[1024];
static gva_t path_at, buf_at;
static char seen[4096];

static int setup(void **state)
{
	(void)state;
	dom0.config.privileged = true;
	cpus[0].current = &vcpu0;
	host_guest_reset();
	path_at = host_guest_map(path, sizeof(path));
	buf_at = host_guest_map(buf, sizeof(buf));
	seen[0] = '\0';
	return 0;
}

static int64_t call(uint64_t op, const char *name, size_t room)
{
	uint64_t args[HYPERCALL_ARGS] = { op, path_at.v, strlen(name) + 1, buf_at.v, room };

	strcpy(path, name);
	memset(buf, 0xee, sizeof(buf));
	return do_hypfs_op(args);
}

static int64_t read_entry(const char *name, size_t room)
{
	return call(XEN_HYPFS_OP_read, name, room);
}

static void test_version(void **state)
{
	uint64_t args[HYPERCALL_ARGS] = { XEN_HYPFS_OP_get_version };

	(void)state;
	assert_int_equal(do_hypfs_op(args), XEN_HYPFS_VERSION);
	args[3] = 1;
	assert_int_equal(do_hypfs_op(args), -EINVAL);
	args[0] = 3;
	assert_int_equal(do_hypfs_op(args), -ENOSYS);
	cpus[0].current = &vcpuu;
	assert_int_equal(do_hypfs_op(args), -EPERM);
}

static void note(const char *name, const struct xen_hypfs_direntry *e)
{
	char line[2048];

	assert_int_equal(e->encoding, XEN_HYPFS_ENC_PLAIN);
	assert_int_equal(e->pad, 0);
	assert_int_equal(e->max_write_len, 0);
	if (e->type == XEN_HYPFS_TYPE_STRING)
		snprintf(line, sizeof(line), "%s=%s\n", name, (const char *)(e + 1));
	else if (e->type == XEN_HYPFS_TYPE_UINT)
		snprintf(line, sizeof(line), "%s=%u\n", name,
				*(const uint32_t *)(const void *)(e + 1));
	else
		snprintf(line, sizeof(line), "%s/\n", name);
	strcat(seen, line);
}

/* Reads with exactly the room that the entry said it takes. */
static void walk(const char *name)
{
	struct xen_hypfs_direntry *e = (void *)buf;
	char list[1024], child[256];
	uint32_t at = 0;

	assert_int_equal(read_entry(name, sizeof(*e) - 1), -ENOBUFS);
	assert_int_equal(buf[0], (char)0xee);
	assert_int_equal(read_entry(name, sizeof(*e)), -ENOBUFS);
	assert_int_equal(read_entry(name, sizeof(*e) + e->content_len - 1), -ENOBUFS);
	assert_int_equal(read_entry(name, sizeof(*e) + e->content_len), 0);
	assert_int_equal(buf[sizeof(*e) + e->content_len], (char)0xee);
	note(name, e);
	if (e->type != XEN_HYPFS_TYPE_DIR)
		return;
	memcpy(list, e + 1, e->content_len);
	for (;;) {
		struct xen_hypfs_dirlistentry *l = (void *)(list + at);

		snprintf(child, sizeof(child), "%s/%s", name[1] ? name : "", (char *)l->name);
		walk(child);
		assert_int_equal(read_entry(child, sizeof(buf)), 0);
		assert_memory_equal(
				buf, &l->e, sizeof(l->e)); /* what the list says is what it is */
		if (!l->off_next)
			return;
		at += l->off_next;
	}
}

static void test_tree(void **state)
{
	char expected[4096];

	(void)state;
	walk("/");
	snprintf(expected, sizeof(expected),
			"//\n/buildinfo/\n/buildinfo/changeset=%s\n/buildinfo/compileinfo/\n"
			"/buildinfo/compileinfo/compile_by=%s\n/buildinfo/compileinfo/compile_date=%s\n"
			"/buildinfo/compileinfo/compile_domain=%s\n/buildinfo/compileinfo/compiler=%s\n"
			"/buildinfo/version/\n/buildinfo/version/extra=%s\n/buildinfo/version/major=4\n"
			"/buildinfo/version/minor=20\n",
			version.changeset, version.compile_by, version.compile_date,
			version.compile_domain, version.compiler, version.extra);
	assert_string_equal(seen, expected);
}

static void test_refused(void **state)
{
	uint64_t args[HYPERCALL_ARGS] = { XEN_HYPFS_OP_read, 0x1000, 4, buf_at.v, sizeof(buf) };
	char long_path[1100];

	(void)state;
	assert_int_equal(read_entry("/no", 64), -ENOENT);
	assert_int_equal(read_entry("/buildinfo/version/major/x", 64), -ENOENT);
	assert_int_equal(read_entry("/buildinf", 64), -ENOENT);
	assert_int_equal(read_entry("//buildinfo", 64), -ENOENT);
	assert_int_equal(read_entry("buildinfo", 64), -EINVAL);
	assert_int_equal(read_entry("", 64), -EINVAL);
	memset(long_path, 'x', sizeof(long_path));
	long_path[0] = '/';
	long_path[1000] = '\0';
	assert_int_equal(read_entry(long_path, 64), -ENOENT);
	long_path[1000] = 'x';
	long_path[1099] = '\0';
	assert_int_equal(read_entry(long_path, 64), -EINVAL);
	assert_int_equal(call(XEN_HYPFS_OP_write_contents, "/buildinfo/version/major", 4), -EACCES);
	assert_int_equal(call(XEN_HYPFS_OP_write_contents, "/no", 4), -ENOENT);
	assert_int_equal(do_hypfs_op(args), -EFAULT);
	args[1] = path_at.v;
	strcpy(path, "/bu"); /* it ends before its length says */
	args[2] = 5;
	assert_int_equal(do_hypfs_op(args), -EINVAL);
	args[2] = 3; /* it does not end */
	assert_int_equal(do_hypfs_op(args), -EINVAL);
	args[2] = UINT64_MAX;
	assert_int_equal(do_hypfs_op(args), -EINVAL);
	strcpy(path, "/");
	args[2] = 2;
	args[3] = 0x1000;
	assert_int_equal(do_hypfs_op(args), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_version, setup),
		cmocka_unit_test_setup(test_tree, setup),
		cmocka_unit_test_setup(test_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
