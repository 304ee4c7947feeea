#include "copy/input.h"

enum { KEEP = 256 * 1024 }; /* of a carry; more, for one long line, is given back */

void copy_input_init(struct copy_input *in, size_t most, struct account *memory)
{
    *in = (struct copy_input){.next = ""};
    buf_init_of(&in->carry, most, memory);
}

void copy_input_release(struct copy_input *in)
{
    buf_release(&in->carry);
}

bool copy_input_carry(struct copy_input *in, size_t n)
{
    assert(!in->carry_is_lent); /* it may move */
    buf_put(&in->carry, in->next, n);
    if (!buf_ok(&in->carry))
        return false;
    copy_input_pass(in, n);
    return true;
}

void copy_input_drop_lent(struct copy_input *in)
{
    if (!in->carry_is_lent)
        return;
    if (in->carry.cap > KEEP)
        buf_release(&in->carry);
    buf_clear(&in->carry);
    in->carry_is_lent = false;
}
