"""Cases from outside, kept as lines of JSON: what other tools' users stumbled over, played against this one."""
