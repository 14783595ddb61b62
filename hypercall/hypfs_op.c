/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypfs_op: facts about Graft as a small tree of files, for `xenhypfs` (xen/hypfs.h). All of it is fixed
 * when Graft is built; nothing can be written.
 */
#include "core/version.h"
#include "hypercall/priv.h"
#include "lib/string.h"

XEN_ABI(sizeof(struct xen_hypfs_direntry) == 12);
XEN_ABI(offsetof(struct xen_hypfs_dirlistentry, off_next) == 12);
XEN_ABI(offsetof(struct xen_hypfs_dirlistentry, name) == 14);

#define PATH_MAX_SIZE 64U /* with its zero: no name in the tree is near it */
#define ENTRY_MAX     64U /* of a directory's list */

struct node {
	const char *name; /* NULL ends a directory */
	uint8_t type;   /* XEN_HYPFS_TYPE_* */
	const struct node *children;
	const char *const *text;
	uint32_t number;
};

#define DIRECTORY(n, list) { .name = (n), .type = XEN_HYPFS_TYPE_DIR, .children = (list) }
#define TEXT(n, pointer)   { .name = (n), .type = XEN_HYPFS_TYPE_STRING, .text = (pointer) }
#define NUMBER(n, value)   { .name = (n), .type = XEN_HYPFS_TYPE_UINT, .number = (value) }

static const struct node compileinfo[] = {
	TEXT("compile_by", &version.compile_by),
	TEXT("compile_date", &version.compile_date),
	TEXT("compile_domain", &version.compile_domain),
	TEXT("compiler", &version.compiler),
	{ .name = NULL },
};

static const struct node version_directory[] = {
	TEXT("extra", &version.extra),
	NUMBER("major", VERSION_MAJOR),
	NUMBER("minor", VERSION_MINOR),
	{ .name = NULL },
};

static const struct node buildinfo[] = {
	TEXT("changeset", &version.changeset),
	DIRECTORY("compileinfo", compileinfo),
	DIRECTORY("version", version_directory),
	{ .name = NULL },
};

static const struct node top[] = {
	DIRECTORY("buildinfo", buildinfo),
	{ .name = NULL },
};

static const struct node root = DIRECTORY("", top);

/* What an entry takes in its directory's list; entries start where a structure may. */
static uint32_t list_entry_size(const struct node *node)
{
	return ALIGN_UP((uint32_t)(offsetof(struct xen_hypfs_dirlistentry, name) +
					strlen(node->name) + 1),
			(uint32_t)_Alignof(struct xen_hypfs_dirlistentry));
}

static uint32_t content_size(const struct node *node)
{
	uint32_t size = 0;

	if (node->type == XEN_HYPFS_TYPE_UINT)
		return sizeof(node->number);
	if (node->type == XEN_HYPFS_TYPE_STRING)
		return (uint32_t)strlen(*node->text) + 1;
	for (const struct node *child = node->children; child->name; child++)
		size += list_entry_size(child);
	return size;
}

static struct xen_hypfs_direntry entry_of(const struct node *node)
{
	return (struct xen_hypfs_direntry){ .type = node->type,
		.encoding = XEN_HYPFS_ENC_PLAIN,
		.content_len = content_size(node) };
}

static int write_list(gva_t at, const struct node *node)
{
	for (const struct node *child = node->children; child->name; child++) {
		union {
			struct xen_hypfs_dirlistentry entry;
			char bytes[ENTRY_MAX];
		} u = { .bytes = { 0 } };
		uint32_t size = list_entry_size(child);

		u.entry.e = entry_of(child);
		u.entry.off_next = child[1].name ? (uint16_t)size : 0;
		memcpy(u.bytes + offsetof(struct xen_hypfs_dirlistentry, name), child->name,
				strlen(child->name));
		if (guest_write(at, u.bytes, size))
			return -EFAULT;
		at = gva_add(at, size);
	}
	return 0;
}

static int write_content(gva_t at, const struct node *node)
{
	if (node->type == XEN_HYPFS_TYPE_DIR)
		return write_list(at, node);
	if (node->type == XEN_HYPFS_TYPE_UINT)
		return guest_write(at, &node->number, sizeof(node->number));
	return guest_write(at, *node->text, content_size(node));
}

static const struct node *child_named(const struct node *node, const char *name, size_t size)
{
	if (node->type != XEN_HYPFS_TYPE_DIR)
		return NULL;
	for (const struct node *child = node->children; child->name; child++)
		if (strlen(child->name) == size && memcmp(child->name, name, size) == 0)
			return child;
	return NULL;
}

/* path starts with a slash; a single one is the root. */
static const struct node *walk(const char *path)
{
	const struct node *node = &root;

	while (node && *path == '/' && path[1]) {
		const char *name = path + 1, *end = strchr(name, '/');

		path = end ? end : name + strlen(name);
		node = child_named(node, name, (size_t)(path - name));
	}
	return node;
}

static int find(gva_t at, uint64_t size, const struct node **node)
{
	char path[PATH_MAX_SIZE];

	if (size < 2 || size > XEN_HYPFS_MAX_PATHLEN)
		return -EINVAL;
	if (size > sizeof(path))
		return -ENOENT;
	if (guest_read(path, at, (size_t)size))
		return -EFAULT;
	if (path[0] != '/' || strnlen(path, sizeof(path)) != size - 1)
		return -EINVAL;
	*node = walk(path);
	return *node ? 0 : -ENOENT;
}

/* With too little room the caller still learns how much it takes. */
static int read_node(gva_t at, uint64_t room, const struct node *node)
{
	struct xen_hypfs_direntry entry = entry_of(node);

	if (room < sizeof(entry))
		return -ENOBUFS;
	if (guest_write(at, &entry, sizeof(entry)))
		return -EFAULT;
	if (room - sizeof(entry) < entry.content_len)
		return -ENOBUFS;
	return write_content(gva_add(at, sizeof(entry)), node);
}

int64_t do_hypfs_op(uint64_t args[HYPERCALL_ARGS])
{
	const struct node *node;
	int rc;

	if (!caller_privileged())
		return -EPERM;
	switch ((uint32_t)args[0]) {
	case XEN_HYPFS_OP_get_version:
		return (args[1] | args[2] | args[3] | args[4]) ? -EINVAL : XEN_HYPFS_VERSION;
	case XEN_HYPFS_OP_read:
		rc = find(GVA(args[1]), args[2], &node);
		return rc ? rc : read_node(GVA(args[3]), args[4], node);
	case XEN_HYPFS_OP_write_contents:
		rc = find(GVA(args[1]), args[2], &node);
		return rc ? rc : -EACCES;
	default:
		return -ENOSYS;
	}
}
