/* SPDX-License-Identifier: MIT
 *
 * A policy file as a tree of YAML nodes, each with its line and column (libyaml's marks), and the
 * typed reading of values with a sentence for whatever is wrong.
 */
#ifndef SHUNT_POLICY_YAML_H
#define SHUNT_POLICY_YAML_H

#include "policy_notes.h"

#include <stdint.h>
#include <yaml.h>

struct policy_yaml {
    struct arena *arena;
    struct policy_notes *notes;
    yaml_document_t document;
};

/* Parses one document. 0, or -1 with a note; then there is nothing to free. */
int policy_yaml_open(struct policy_yaml *yaml, const char *text, size_t size);
void policy_yaml_close(struct policy_yaml *yaml);

/* NULL for an empty document. */
yaml_node_t *policy_yaml_root(struct policy_yaml *yaml);
yaml_node_t *policy_yaml_node(struct policy_yaml *yaml, int index);

struct policy_at policy_yaml_at(const yaml_node_t *node);

/* One key of a mapping, and who takes its value: 0, or -1 with a note. */
struct policy_key {
    const char *name;
    int (*take)(struct policy_yaml *yaml, yaml_node_t *value, void *into, int argument);
    int argument;
};

/* Gives every value of a mapping to its key's taker. `what` is the mapping's name in sentences ("a
 * rule"). 0, or -1 with notes. */
int policy_yaml_map(struct policy_yaml *yaml, yaml_node_t *node, const struct policy_key *keys,
                    const char *what, void *into);

/* A mapping whose keys are names: `each` gets them in order. At most `most`. */
typedef int policy_named(struct policy_yaml *yaml, const char *name, struct policy_at at,
                         yaml_node_t *value, void *into);
int policy_yaml_names(struct policy_yaml *yaml, yaml_node_t *node, unsigned most, const char *what,
                      policy_named *each, void *into);

/* How many names a mapping has, as far as `most`; 0 if it is none. */
unsigned policy_yaml_pairs(const yaml_node_t *node, unsigned most);

/* A sequence's nodes, or the one node that is none. At most `most`, and at least one. -1 with a
 * note. */
int policy_yaml_list(struct policy_yaml *yaml, yaml_node_t *node, unsigned most, const char *what,
                     yaml_node_t ***items, unsigned *count);

/* Plain values; `what` is the key. -1 with a note. */
int policy_yaml_text(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                     const char **text);
int policy_yaml_count(struct policy_yaml *yaml, yaml_node_t *node, const char *what, unsigned least,
                      unsigned most, unsigned *number);
int policy_yaml_time(struct policy_yaml *yaml, yaml_node_t *node, const char *what, uint64_t *ns);
int policy_yaml_percent(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                        unsigned *hundredths);
int policy_yaml_date(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                     const char **text, int *day);

/* One of `count` words; its index. */
int policy_yaml_word(struct policy_yaml *yaml, yaml_node_t *node, const char *what,
                     const char *const *words, unsigned count, unsigned *index);

/* A name for rules, pools and groups: letters, digits and . _ - that begin with one of the first
 * two. */
int policy_yaml_name(struct policy_yaml *yaml, struct policy_at at, const char *what,
                     const char *name);

#endif
