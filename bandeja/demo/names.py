"""The people of the demo: six colleagues, and the names its contacts are made of."""

from __future__ import annotations

from random import Random

COLLEAGUES = (
    "Camila Rojas",
    "Mateo Quintero",
    "Valentina Suárez",
    "Andrés Peña",
    "Daniela Ríos",
    "Tomás Herrera",
)

FIRST = (
    "Lía Sofía Julián Mariana Nicolás Gabriela Samuel Isabella Emilio Renata Joaquín Paula Bruno Antonia Ignacio "
    "Carolina Felipe Lucía Martín Ximena Rodrigo Elena Santiago Manuela Óscar Natalia Diego Verónica Álvaro Jimena "
    "Esteban Silvia Ramiro Beatriz Leonardo Catalina Hugo Noemí Gustavo Aurora Iván Pilar Sergio Adriana Raúl Teresa "
    "Cristian Fernanda Pablo Abril Marcos Inés Alonso Julieta Fabián Luz Simón Amparo Germán Violeta"
)
LAST = (
    "Acosta Benítez Cárdenas Duarte Espinosa Figueroa Guzmán Hidalgo Ibarra Jaramillo Lozano Medina Navarro Ortega "
    "Paredes Quiroga Restrepo Salazar Tapia Urrutia Valencia Zambrano Bravo Castaño Delgado Escobar Ferrer Gallardo "
    "Henao Londoño Maldonado Montoya Núñez Ochoa Pacheco Rivas Sandoval Toro Vargas Villegas"
)


def contacts(count: int, rng: Random) -> list[str]:
    """So many different full names."""
    every = [f"{first} {last}" for first in FIRST.split() for last in LAST.split()]
    return rng.sample(every, count)


def plain(name: str) -> str:
    """As it would stand in an e-mail address."""
    return name.lower().translate(str.maketrans("áéíóúñ ", "aeioun."))
