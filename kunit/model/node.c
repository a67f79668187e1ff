// SPDX-License-Identifier: GPL-2.0-only
#include "model/node.h"

int machine_node_new(struct machine_node *node, const char *name)
{
	of_changeset_init(&node->cs);
	node->np = of_changeset_create_node(&node->cs, of_root, name);
	if (!node->np)
		return -ENOMEM;
	of_node_set_flag(node->np, OF_POPULATED);
	return 0;
}

int machine_node_apply(struct machine_node *node, int ret)
{
	if (!ret)
		ret = of_changeset_apply(&node->cs);
	if (ret) {
		of_changeset_destroy(&node->cs);
		of_node_put(node->np);
	}
	return ret;
}

void machine_node_remove(struct machine_node *node)
{
	of_changeset_revert(&node->cs);
	of_changeset_destroy(&node->cs);
	of_node_put(node->np);
}
