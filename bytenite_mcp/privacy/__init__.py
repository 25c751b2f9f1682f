"""What may leave: secrets withheld, and text from outside made safe to show."""
