/* What vestry-exec is held against: a program that only becomes the next one. */
#include <unistd.h>

int main(int argc, char **argv) {
    (void)argc;
    execv(argv[1], argv + 1);
    return 127;
}
