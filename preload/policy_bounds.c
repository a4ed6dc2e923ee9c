/* SPDX-License-Identifier: MIT
 *
 * See policy_bounds.h.
 */
#include "policy_bounds.h"

/* Can the result alone tell a failure? The forms with _r that look names up leave a pointer, too,
 * which a failure must empty. */
static enum policy_bar bar_of_result(enum call_id call)
{
    const struct call_info *info = &call_infos[call];
    if (!info->asks)
        return POLICY_BAR_OUTSIDE;
    if (info->fail == FAIL_REMAINING || info->fail == FAIL_NOTHING)
        return POLICY_BAR_SILENT;
    if (call == CALL_readdir_r ||
        (info->family == FAMILY_dns && info->fail == FAIL_NONZERO_ERROR && call != CALL_getlogin_r))
        return POLICY_BAR_WRITES;
    return POLICY_MAY;
}

enum policy_bar policy_bar_deny(enum call_id call)
{
    const struct call_info *info = &call_infos[call];
    if (info->asks && (info->fd == CALLFD_CLOSES || info->fd == CALLFD_STREAM_CLOSES ||
                       call == CALL_closedir || call == CALL_close_range))
        return POLICY_BAR_GIVES;
    return bar_of_result(call);
}

/* The kernel lets nobody interrupt a wait for the disk; opening may wait for a pipe's other end. */
enum policy_bar policy_bar_deadline(enum call_id call)
{
    const struct call_info *info = &call_infos[call];
    if (!info->asks)
        return POLICY_BAR_OUTSIDE;
    if (info->abort == ABORT_RESEND)
        return POLICY_BAR_LOSES;
    if (info->abort == ABORT_NONE)
        return POLICY_BAR_ENDLESS;
    if (info->blocks == BLOCKS_DISK && info->fd != CALLFD_OPENS)
        return POLICY_BAR_DISK;
    return bar_of_result(call);
}
