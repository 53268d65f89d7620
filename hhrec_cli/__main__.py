"""`python -m hhrec_cli`, and `accelerate launch -m hhrec_cli train` from anywhere."""

from hhrec_cli.main import main

if __name__ == "__main__":
    main()
