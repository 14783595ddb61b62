/* SPDX-License-Identifier: Apache-2.0 */
/* A model of a live tree that knows no tricks: overlays are merged into a copy of the base, by recursion. */
#pragma once

#include "tests/unit/dt_help.h"

enum {
	LOADED_MOST = 16,
	NAMES = 5, /* different names of nodes, properties and labels: few, so that they meet */
	LABELS = 12,
	FRAGMENTS = 3,
	TEXT = 96,
	NEEDS = 512,
};

struct value {
	uint8_t bytes[TEXT];
	uint32_t size;
	char ref[TEXT]; /* path of the node whose phandle the first cell is; "": none */
};

struct prop {
	struct prop *next;
	char name[16];
	struct value value;
	uint32_t owner; /* overlay; 0: the base */
	int label; /* in an overlay: what the first cell refers to, -1: nothing */
};

struct node {
	struct node *next, *children;
	struct prop *props;
	struct node *parent;
	char name[16];
	uint32_t owner;
	int label; /* in an overlay: its own label, -1: none */
};

struct fragment {
	char path[TEXT]; /* "" : by label */
	int label;
	struct node *content;
};

struct overlay {
	uint32_t id;
	struct fragment fragments[FRAGMENTS];
	int fragment_count;
	uint32_t needs[NEEDS];
	int need_count;
	bool own[LABELS]; /* labels that it defines */
	struct bytes blob;
	struct dt_overlay *live;
};

struct node *new_node(struct node *parent, const char *name, uint32_t owner);
struct prop *new_prop(struct node *node, const char *name, uint32_t owner);
void free_node(struct node *node);
struct node *node_of(struct node *root, const char *path);
void path_of(const struct node *node, char *to); /* TEXT bytes; "" for the root */
struct node *make_base(void);

/* Merge into the tree at `root`: 0, or what the engine must answer; then the tree is spoilt. */
int apply(struct overlay *overlay, struct node *root);
