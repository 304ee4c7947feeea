/* An intrusive doubly linked list: the link lies in the element, so that adding and removing need no memory.
 * Not locked. An empty list and an unlinked link both point at themselves. */
#ifndef TAVANA_BASE_LIST_H
#define TAVANA_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next;
    struct list *prev;
};

#define list_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))
#define list_for_each(link, head)                                                                            \
    for (struct list *link = (head)->next; (link) != (head); link = (link)->next)

static inline void list_init(struct list *l)
{
    l->next = l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->next == l;
}

static inline void list_append(struct list *head, struct list *link)
{
    link->prev = head->prev;
    link->next = head;
    head->prev->next = link;
    head->prev = link;
}

/* Also of one that is on no list. */
static inline void list_remove(struct list *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
    list_init(link);
}

#endif
