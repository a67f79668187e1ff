/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes of the live device tree that come and go with a machine. */
#ifndef KUNIT_MODEL_NODE_H
#define KUNIT_MODEL_NODE_H

#include <linux/of.h>

/**
 * struct machine_node - a node of the device tree
 * @np: the node, referenced
 * @cs: the changeset that adds the node and removes it again
 */
struct machine_node {
	struct device_node *np;
	struct of_changeset cs;
};

/* Begin to make a node below the root, which is not in the tree yet. Return: 0 or -ENOMEM */
int machine_node_new(struct machine_node *node, const char *name);

/*
 * Add the node to the tree if @ret, the result of adding properties, is 0; else free it. Return: 0
 * or the error.
 */
int machine_node_apply(struct machine_node *node, int ret);

void machine_node_remove(struct machine_node *node);

#endif
