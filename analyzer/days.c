/* SPDX-License-Identifier: MIT
 *
 * See days.h.
 */
#include "days.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_SECONDS 86400

int days_parse(const char *text, int *day)
{
    static const char shape[] = "dddd-dd-dd";
    if (strlen(text) != sizeof shape - 1)
        return -1;
    for (size_t i = 0; shape[i]; i++)
        if (shape[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != shape[i])
            return -1;
    struct tm date = {0};
    if (sscanf(text, "%4d-%2d-%2d", &date.tm_year, &date.tm_mon, &date.tm_mday) != 3)
        return -1;
    struct tm wanted = date;
    date.tm_year -= 1900;
    date.tm_mon--;
    time_t when = timegm(&date);
    /* timegm takes the 31st of June for the 1st of July */
    if (date.tm_year + 1900 != wanted.tm_year || date.tm_mon + 1 != wanted.tm_mon ||
        date.tm_mday != wanted.tm_mday || wanted.tm_year < 1970)
        return -1;
    *day = (int)(when / DAY_SECONDS);
    return 0;
}

int days_today(void)
{
    return (int)(time(NULL) / DAY_SECONDS);
}

void days_print(int day, char text[DAYS_TEXT])
{
    time_t when = (time_t)day * DAY_SECONDS;
    struct tm date;
    if (!gmtime_r(&when, &date) || strftime(text, DAYS_TEXT, "%Y-%m-%d", &date) == 0)
        memcpy(text, "no date", sizeof "no date");
}

int days_of_ns(uint64_t realtime_ns)
{
    return (int)(realtime_ns / 1000000000ull / DAY_SECONDS);
}
