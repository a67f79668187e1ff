/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes of the live device tree that come and go with a machine. */
#ifndef KUNIT_MODEL_NODE_H
#define KUNIT_MODEL_NODE_H

#include <linux/of.h>

/**
 * struct machine_node
 * @np: the node, referenced
 * @cs: how it gets into the tree, and out again
 */
struct machine_node {
	struct device_node *np;
	struct of_changeset cs;
};

/* Begin: a node below the root, not in the tree yet. Return: 0 or -ENOMEM */
int machine_node_new(struct machine_node *node, const char *name);

/* @ret: of what was added to it. In the tree on 0; gone on an error, which is returned */
int machine_node_apply(struct machine_node *node, int ret);

void machine_node_remove(struct machine_node *node);

#endif
