/** Spanish. */
import { type Language, minutes, wordList } from "./language.ts";

export const spanish: Language = {
  tag: "es",
  title: "Confirme que es usted",
  why: "La forma en que se maneja esta sesión ha cambiado. Su escritorio está a salvo y espera; lo que escriba ahora no le llega.",
  away: "No había nadie en esta sesión desde hace un rato. Su escritorio está a salvo y espera; lo que escriba ahora no le llega.",
  code: "Escriba el código de 6 cifras de su aplicación de autenticación.",
  passkey: "Abra esta dirección en su teléfono, o escanéela, y confirme con su llave de acceso.",
  phrase: "Escriba estas palabras como escribe siempre.",
  operator: "Se ha pedido a su equipo de seguridad que mire esta sesión. No hay nada que escribir; espere, por favor.",
  codeHint: "Intro confirma, Esc borra",
  passkeyHint: "Aquí no hay nada que escribir; se sigue sin más",
  phraseHint: "Retroceso corrige, Esc borra",
  waitHint: "Esperando a su equipo de seguridad",
  wrongCode: "Ese código no es correcto. Cada código sirve una vez; espere al siguiente.",
  otherPhrase: "No se ha reconocido. Aquí tiene otras palabras; tómese su tiempo.",
  moreWords: "Casi está: unas palabras más, por favor.",
  unlikeWord: "Una palabra es distinta de la pedida: vuelva con Retroceso.",
  step: (at, of) => `Paso ${at} de ${of}`,
  attempts: (left) => (left === 1 ? "último intento" : `quedan ${left} intentos`),
  time: (seconds) => `quedan ${minutes(seconds)}`,
  words: wordList(`
    abrir acaso acerca agua ahora aire alegre algo alguien alguno alma alto amar ambos amigo amor ancho andar animal
    antes apenas aquel aqui arena arriba arte asunto atender aunque ayer ayuda azul bajar bajo banco barco base
    bastante beber bien blanco boca bosque brazo breve bueno buscar caer calle cama cambio camino campo cantar cara
    carta casa casi causa centro cerca cerrar cielo cien cierto cinco ciudad claro cocina color comer como compra
    con conocer contar contra correr corto cosa crear creer cual cuando cuanto cuatro cuenta cuerpo dar
    deber decir dejar delante dentro desde deseo diente dinero donde dormir dos dulce durante edad
    ejemplo ella ello empezar encima entrar entre enviar error escribir ese espejo esperar estar este estilo estos
    falta familia favor fecha feliz final flor fondo forma frente fuego fuente fuera fuerte futuro ganar gente
    golpe grande gris grupo guardar gustar haber hablar hacer hacia hasta hecho hermano hierba hijo historia
    hoja hombre hora hoy huevo idea igual imagen invierno isla joven juego jugar juntos justo labor lado largo
    leche leer lejos lengua lento letra leve libre libro limpio linea listo llamar llave llegar lleno llevar lluvia
    luego lugar luna luz madera madre mal manera mano mar marcha martes mas masa mayor medio mejor memoria menos
    mente mesa meter metro miedo mientras mil minuto mirar mismo modo momento monte mover mucho mujer mundo
    muro museo nacer nada nadie nieve ninguno noche nombre norte nosotros nota nube nuestro nueve nuevo nunca
    ocho ocurrir oeste oficina ojo once orden oreja origen oro otro padre pagar palabra pan papel par parar
    pared parte pasar paso patio paz pedir pelo pensar perder perro persona pesar pie piedra piel pierna
    pista plato playa plaza plazo pobre poco poder poner por porque posible precio primer primo pronto propio puente
    puerta pues punto que quedar querer quien quitar real recibir recto red regalo reina rey rico 
    risa rojo ropa roto rueda ruido saber sacar sal salir salud santo seco seguir segundo seis semana sentir ser
    serio siempre siete siglo silla sin sitio sobre sol solo sombra sonar subir suelo suerte sur tabla tal tanto
    tarde tema tener tercer tiempo tienda tierra tinta tirar tocar todo tomar tono torre trabajo traer tren tres
    triste tronco unir uno usar util vaca valer valle vaso veces vela ver verano verdad verde vestido vez viaje
    vida viejo viento viernes visita vista vivir volar volver voz vuelta
  `),
};
