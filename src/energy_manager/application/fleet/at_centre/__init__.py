"""The centre's side of the fleet: who is there, what is offered, ordered and delivered."""
