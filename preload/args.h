/* SPDX-License-Identifier: MIT
 *
 * Argument lists from the table's (type, name) pairs: PARAMS(int, fd, size_t, n) is "int fd, size_t
 * n", ARGS(int, fd, size_t, n) is "fd, n". Up to eight pairs; a lone `void` is no
 * parameters.
 */
#ifndef SHUNT_ARGS_H
#define SHUNT_ARGS_H

#define ARGS_PICK(a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6, a7, b7, a8, b8, name, ...) name
#define ARGS_NAME(prefix, ...)                                                              \
    ARGS_PICK(__VA_ARGS__, prefix##8, , prefix##7, , prefix##6, , prefix##5, , prefix##4, , \
              prefix##3, , prefix##2, , prefix##1, prefix##0, )

#define PARAMS(...)         ARGS_NAME(PARAMS_, __VA_ARGS__)(__VA_ARGS__)
#define PARAMS_0(t)         t
#define PARAMS_1(t, a)      t a
#define PARAMS_2(t, a, ...) t a, PARAMS_1(__VA_ARGS__)
#define PARAMS_3(t, a, ...) t a, PARAMS_2(__VA_ARGS__)
#define PARAMS_4(t, a, ...) t a, PARAMS_3(__VA_ARGS__)
#define PARAMS_5(t, a, ...) t a, PARAMS_4(__VA_ARGS__)
#define PARAMS_6(t, a, ...) t a, PARAMS_5(__VA_ARGS__)
#define PARAMS_7(t, a, ...) t a, PARAMS_6(__VA_ARGS__)
#define PARAMS_8(t, a, ...) t a, PARAMS_7(__VA_ARGS__)

#define ARGS(...) ARGS_NAME(ARGS_, __VA_ARGS__)(__VA_ARGS__)
#define ARGS_0(t)
#define ARGS_1(t, a)      a
#define ARGS_2(t, a, ...) a, ARGS_1(__VA_ARGS__)
#define ARGS_3(t, a, ...) a, ARGS_2(__VA_ARGS__)
#define ARGS_4(t, a, ...) a, ARGS_3(__VA_ARGS__)
#define ARGS_5(t, a, ...) a, ARGS_4(__VA_ARGS__)
#define ARGS_6(t, a, ...) a, ARGS_5(__VA_ARGS__)
#define ARGS_7(t, a, ...) a, ARGS_6(__VA_ARGS__)
#define ARGS_8(t, a, ...) a, ARGS_7(__VA_ARGS__)

#endif
